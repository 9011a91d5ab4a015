// One path from a client to a peer: both ends of both flows.
#pragma once

#include <memory>
#include <string>

#include "tests/bench/client_leg.h"
#include "tests/bench/delays.h"
#include "tests/bench/flow.h"
#include "tests/bench/media_path.h"
#include "tests/bench/options.h"

namespace culvert::bench {

class MediaSession : public LegOwner {
 public:
  // Opens the path; waits until that is done. The failure is a sentence.
  static Result<std::unique_ptr<MediaSession>, std::string> Open(const Options& options,
                                                                 uint32_t number,
                                                                 const SharedParts& shared);

  // From now on both flows are kept full by themselves.
  void Saturate();
  // Sends one packet of each flow that is asked for. Over a stream that is blocked nothing leaves
  // and the packet counts as sent and lost.
  void SendOne();
  void StopSending() { saturated_ = false; }
  void OnSilenceCheck();

  const Flow& up() const { return up_; }
  const Flow& down() const { return down_; }
  // Of packets delivered since the last call of ForgetDelays().
  const Delays& up_delays() const { return up_delays_; }
  const Delays& down_delays() const { return down_delays_; }
  void ForgetDelays();
  bool ended() const { return ended_; }

 private:
  // The peer's socket.
  class Peer : public Pollable {
   public:
    explicit Peer(MediaSession& session) : session_(session) {}
    void OnReadable() override { session_.OnPeerReadable(); }

   private:
    MediaSession& session_;
  };

  MediaSession(const Options& options, uint32_t number, const SharedParts& shared, MediaPath path);

  void OnClientPacket(ByteView packet) override;
  void OnClientLegReady() override;
  void OnClientLegEnded() override { ended_ = true; }
  void OnPeerReadable();
  void Arrived(ByteView packet, FlowId id, Flow& flow, Delays& delays);
  void FillUp();
  void FillDown();
  void SendDown(size_t count);

  const Options& options_;
  const FlowId up_id_;
  const FlowId down_id_;
  const SharedParts shared_;
  MediaPath path_;
  Peer peer_{*this};
  PayloadWriter up_writer_;
  PayloadWriter down_writer_;
  Flow up_;
  Flow down_;
  Delays up_delays_;
  Delays down_delays_;
  std::unique_ptr<ClientLeg> leg_;
  bool saturated_ = false;
  bool ended_ = false;
};

}  // namespace culvert::bench
