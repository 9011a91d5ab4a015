#include "server/statsdb/status_writer.h"

#include <utility>

#include "server/statsdb/status_text.h"

namespace culvert::statsdb {
namespace {

// The events of one allocation, in coturn's order.
class WrittenAllocation final : public relay::ObservedAllocation {
 public:
  WrittenAllocation(StatusWriter& writer, const relay::AllocationFacts& facts, seconds lifetime)
      : writer_(writer),
        key_(AllocationKey(facts.realm, facts.user, facts.id)),
        path_text_(PathText(facts)) {
    SetStatus(NewText(lifetime, path_text_), lifetime);
  }

  void OnRefreshed(seconds lifetime) override {
    SetStatus(RefreshedText(lifetime, path_text_), lifetime);
  }

  void OnEnded(turn::EndReason reason) override {
    ended_ = true;
    // The Refresh that ends an allocation is one of lifetime 0.
    if (reason == turn::EndReason::kDeleted) {
      writer_.Publish(StatusKey(), RefreshedText(seconds(0), path_text_));
    }
    PublishTraffic("/traffic", Difference(traffic(), published_));
    writer_.Delete(StatusKey());
    writer_.Publish(StatusKey(), std::string(kDeletedText));
    PublishTraffic("/total_traffic", traffic());
  }

 private:
  // A data connection may go on for a while after the end, when the totals are out.
  void OnTraffic() override {
    if (ended_) return;
    PublishTraffic("/traffic", Difference(traffic(), published_));
    published_ = traffic();
  }

  std::string StatusKey() const { return key_ + "/status"; }

  void SetStatus(const std::string& text, seconds lifetime) {
    writer_.Set(StatusKey(), text, lifetime);
    writer_.Publish(StatusKey(), text);
  }

  void PublishTraffic(const char* what, const relay::AllocationTraffic& traffic) {
    writer_.Publish(key_ + what, TrafficText(traffic.client));
    writer_.Publish(key_ + what + "/peer", TrafficText(traffic.peer));
  }

  StatusWriter& writer_;
  const std::string key_;
  const std::string path_text_;
  relay::AllocationTraffic published_;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<StatusWriter>, std::string> StatusWriter::Make(
    net::Loop& loop, net::TimerWheel& wheel, std::shared_ptr<const redis::Settings> settings,
    observe::Log& log) {
  auto courier = redis::Courier::Make(loop, wheel, std::move(settings), log, "redis-statsdb");
  if (!courier) return Failure{courier.error()};
  return std::unique_ptr<StatusWriter>(new StatusWriter(std::move(courier).value()));
}

std::shared_ptr<relay::ObservedAllocation> StatusWriter::OnCreated(
    const relay::AllocationFacts& facts, seconds lifetime) {
  return std::make_shared<WrittenAllocation>(*this, facts, lifetime);
}

void StatusWriter::Set(const std::string& key, std::string value, seconds lifetime) {
  courier_->Send({"SET", key, std::move(value), "EX", std::to_string((lifetime + kGrace).count())});
}

void StatusWriter::Delete(const std::string& key) {
  courier_->Send({"DEL", key});
}

// A channel is no key: in a cluster every node passes it on to all.
void StatusWriter::Publish(std::string channel, std::string message) {
  courier_->Send(
      redis::Command({"PUBLISH", std::move(channel), std::move(message)}, redis::Command::kNoKey));
}

}  // namespace culvert::statsdb
