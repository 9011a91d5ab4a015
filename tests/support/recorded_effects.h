// The effects of a turn::Session as lines of text, in order, and the answers that a test has laid
// out for it beforehand. A test compares the complete list: what it does not expect is a failure.
//
//     lookup alice                      acquire alice              open udp v4 any
//     created                           reply Allocate success #1 {...}
//     count Allocate 0                  drop lookup_pending        ended expired
//
// Good credentials are counted beside: that they were good shows in all that follows.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/turn/effects.h"

namespace culvert {

using Lines = std::vector<std::string>;

class RecordedEffects : public turn::Effects {
 public:
  // --- what the world answers
  // Users that a look-up finds; others are unknown. A null pointer is a user of whom `refusal` is
  // said.
  std::map<std::string, auth::CredentialPtr, std::less<>> users;
  auth::Refusal refusal = auth::Refusal::kUnknownUser;
  bool answers_later = false;
  std::optional<stun::ErrorCode> quota_error;
  bool quota_comes_later = false;
  std::optional<stun::ErrorCode> udp_v4_error;
  std::optional<stun::ErrorCode> udp_v6_error;
  std::optional<stun::ErrorCode> tcp_error;
  std::optional<stun::ErrorCode> redeem_error;
  std::optional<stun::ErrorCode> claim_error;
  bool answers_unproven = true;
  // The user whom the client's certificate does not name.
  std::string uncertified;
  // Relays get 192.0.2.10 and [2001:db8::10] with this port, then the next.
  uint16_t next_port = 49152;
  uint32_t next_connection = 1;
  // Integrity of replies is verified under it.
  void SetReplyKey(ByteView key) { reply_key_.assign(key.begin(), key.end()); }
  // What the client's ClientHello names.
  std::string server_name;

  // --- what is open now, for tests that look at the balance instead of the list
  struct Open {
    int v4 = 0;
    int v6 = 0;
    int quotas = 0;
    int allocations = 0;
    friend bool operator==(const Open&, const Open&) = default;
  };
  const Open& open() const { return open_; }
  size_t replies() const { return replies_; }
  // The last reply's bytes.
  const std::vector<uint8_t>& last_reply() const { return last_reply_; }

  // How often credentials were found good; that they were not stands among the lines.
  int credentials_good() const { return credentials_good_; }

  // The lines since the last call.
  Lines Take();

  // --- turn::Effects
  void Reply(ByteView message) override;
  bool MayAnswerUnproven() override;
  bool IsCertified(const auth::Credential& credential) override;
  std::string_view ServerName() override { return server_name; }
  std::optional<auth::Answer> LookUp(const auth::Question& question) override;
  Result<QuotaState, stun::ErrorCode> AcquireQuota(const auth::Credential& credential) override;
  void ReleaseQuota() override;
  Result<turn::OpenedRelay, stun::ErrorCode> OpenUdpRelay(Family family,
                                                          turn::PortChoice port) override;
  Result<turn::OpenedRelay, stun::ErrorCode> RedeemReservation(turn::ReservationToken token,
                                                               std::string_view subject) override;
  Result<turn::OpenedRelay, stun::ErrorCode> OpenTcpRelay(Family family) override;
  void CloseRelay(Family family) override;
  turn::ConnectionId NewConnectionId() override;
  void ConnectToPeer(turn::ConnectionId id, const PeerAddress& peer) override;
  void ClosePeer(turn::ConnectionId id, bool flush) override;
  Result<Ok, stun::ErrorCode> ClaimConnection(turn::ConnectionId id,
                                              std::string_view subject) override;
  void BecomeDataConnection(turn::ConnectionId id) override;
  void CountRequest(stun::Method method, int code) override;
  void CountDrop(turn::Drop drop) override;
  void CountAuth(turn::AuthResult result) override;
  void CountAuthLimit(turn::AuthLimit limit, std::string_view username) override;
  void OnAllocationCreated() override;
  void OnAllocationRefreshed(seconds lifetime) override;
  void OnAllocationEnded(turn::EndReason reason) override;

 private:
  void Line(std::string line) { lines_.push_back(std::move(line)); }
  turn::OpenedRelay Opened(Family family);

  std::vector<uint8_t> reply_key_;
  Lines lines_;
  Open open_;
  size_t replies_ = 0;
  int credentials_good_ = 0;
  std::vector<uint8_t> last_reply_;
};

}  // namespace culvert
