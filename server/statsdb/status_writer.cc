#include "server/statsdb/status_writer.h"

#include <utility>

#include "server/statsdb/status_text.h"

namespace culvert::statsdb {
namespace {

// Of what Redis complains about; there are few ways to.
constexpr size_t kMostTold = 8;

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
  auto client = redis::Client::Make(loop, wheel, std::move(settings), log);
  if (!client) return Failure{client.error()};
  return std::unique_ptr<StatusWriter>(new StatusWriter(std::move(client).value(), log));
}

StatusWriter::StatusWriter(std::unique_ptr<redis::Client> client, observe::Log& log)
    : log_(log), client_(std::move(client)) {}

std::shared_ptr<relay::ObservedAllocation> StatusWriter::OnCreated(
    const relay::AllocationFacts& facts, seconds lifetime) {
  return std::make_shared<WrittenAllocation>(*this, facts, lifetime);
}

void StatusWriter::Finish(std::function<void()> done) {
  if (pending_ == 0) return done();
  finished_ = std::move(done);
}

void StatusWriter::Set(const std::string& key, std::string value, seconds lifetime) {
  Send({"SET", key, std::move(value), "EX", std::to_string((lifetime + kGrace).count())});
}

void StatusWriter::Delete(const std::string& key) {
  Send({"DEL", key});
}

// A channel is no key: in a cluster every node passes it on to all.
void StatusWriter::Publish(std::string channel, std::string message) {
  Send(redis::Command({"PUBLISH", std::move(channel), std::move(message)}, redis::Command::kNoKey));
}

void StatusWriter::Send(redis::Command command) {
  ++pending_;
  client_->Call(std::move(command), client_->settings().command_timeout,
                [this](const redis::CallResult& result) { OnAnswer(result); });
}

void StatusWriter::OnAnswer(const redis::CallResult& result) {
  if (!result && result.error().kind == redis::CallError::Kind::kServer &&
      told_.size() < kMostTold && told_.insert(result.error().text).second) {
    log_.Warning("redis-statsdb refuses what it is told", {{"why", result.error().text}});
  }
  if (--pending_ > 0 || !finished_) return;
  std::exchange(finished_, {})();
}

}  // namespace culvert::statsdb
