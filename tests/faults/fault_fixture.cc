#include "tests/faults/fault_fixture.h"

#include <utility>

namespace culvert::testing {

size_t RaiseDescriptorLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

void FaultTest::StartRelay(const std::vector<std::string>& options,
                           std::optional<rlim_t> descriptors) {
  RelayProcess::Settings settings;
  settings.options = options;
  settings.descriptors = descriptors;
  ASSERT_EQ(relay_.Start(settings), "");
  descriptors_at_start_ = relay_.descriptors();
  running_ = std::make_unique<SteadyTraffic>();
  const ConnectionSettings udp = relay_.SettingsFor(ClientTransport::kUdp);
  const ConnectionSettings tls = relay_.SettingsFor(ClientTransport::kTls);
  const ClientCredentials alice = RelayProcess::Alice();
  auto media_over_udp = OpenMedia(udp, alice, 1);
  ASSERT_TRUE(media_over_udp.ok()) << media_over_udp.error().ToString();
  auto media_over_tls = OpenMedia(tls, alice, 2);
  ASSERT_TRUE(media_over_tls.ok()) << media_over_tls.error().ToString();
  auto stream_over_tls = OpenStream(tls, alice, 3);
  ASSERT_TRUE(stream_over_tls.ok()) << stream_over_tls.error().ToString();
  for (auto* session : {&media_over_udp, &media_over_tls, &stream_over_tls}) {
    running_->Add(std::move(**session));
  }
  running_->Start();
  ASSERT_NO_FATAL_FAILURE(ExpectRunning());
  descriptors_before_ = relay_.descriptors();
  resident_before_ = relay_.resident_bytes();
}

void FaultTest::TearDown() {
  if (running_ != nullptr) {
    EXPECT_EQ(running_->Stop(), std::vector<std::string>());
    const bool closed = Within(kPatience, [this] {
      return relay_.descriptors() <= descriptors_at_start_ + kept_descriptors_;
    });
    EXPECT_TRUE(closed) << relay_.descriptors() << " descriptors, " << descriptors_at_start_
                        << " at the start";
  }
  EXPECT_EQ(relay_.Stop(), "");
}

void FaultTest::ExpectRunning() {
  constexpr uint64_t kFurther = 5;
  const uint64_t before = running_->steps();
  EXPECT_TRUE(Within(kPatience, [&] { return running_->steps() >= before + kFurther; }));
  EXPECT_TRUE(running_->healthy());
}

void FaultTest::ExpectDescriptorsBack() {
  EXPECT_TRUE(
      Within(kPatience,
             [this] { return relay_.descriptors() <= descriptors_before_ + kept_descriptors_; }))
      << relay_.descriptors() << " descriptors, " << descriptors_before_ << " before";
}

void FaultTest::ExpectGrowthBelow(uint64_t bytes) {
  if (kInstrumented) return;
  const uint64_t resident = relay_.resident_bytes();
  RecordProperty("resident_kib", std::to_string(resident / 1024));
  EXPECT_LT(resident, resident_before_ + bytes) << "grown by " << resident - resident_before_;
}

}  // namespace culvert::testing
