#include "server/admin/status_page.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

namespace culvert::admin {
namespace {

using observe::WorkerCounters;

class StatusPageTest : public testing::Test {
 protected:
  StatusPageTest() {
    facts_.version = "1.2.3";
    facts_.state = State::kServing;
    facts_.started = WallTime(seconds(0));
    facts_.now.wall = WallTime(seconds(3 * 86400 + 4 * 3600 + 5 * 60 + 6));
  }

  bool Shows(const std::string& text) const {
    const std::array<const WorkerCounters*, 1> workers = {worker_.get()};
    return StatusPage(workers, facts_).find(text) != std::string::npos;
  }

  Facts facts_;
  std::unique_ptr<WorkerCounters> worker_ = std::make_unique<WorkerCounters>();
};

TEST_F(StatusPageTest, SaysWhatRunsSinceWhen) {
  EXPECT_TRUE(Shows("Version 1.2.3, serving, up 3 d 04:05:06, 1 workers."));
}

TEST_F(StatusPageTest, ShowsEachTransport) {
  worker_->sessions_open[2].Up(12);
  worker_->allocations_open[observe::RelayedProtocol::kUdp][2].Up(10);
  worker_->allocations_open[observe::RelayedProtocol::kTcp][2].Up(1);
  worker_->udp_relayed[2].client_to_peer.sent.Add(999);
  worker_->udp_relayed[2].peer_to_client.sent.Add(1000000);
  worker_->tcp_relayed[2].peer_to_client.sent_bytes.Add(500000);
  EXPECT_TRUE(Shows("<tr><td>TLS</td><td>12</td><td>11</td><td>999 B</td><td>1.5 MB</td></tr>"));
  EXPECT_TRUE(Shows("<tr><td>UDP</td><td>0</td><td>0</td><td>0 B</td><td>0 B</td></tr>"));
}

TEST_F(StatusPageTest, LeadsToTheOtherPages) {
  EXPECT_TRUE(Shows("href=\"/metrics\""));
  EXPECT_TRUE(Shows("href=\"/healthz\""));
  EXPECT_TRUE(Shows("href=\"/readyz\""));
}

TEST_F(StatusPageTest, HasNoScriptsAndLoadsNothing) {
  EXPECT_FALSE(Shows("<script"));
  EXPECT_FALSE(Shows("src="));
  EXPECT_FALSE(Shows("http:"));
  EXPECT_FALSE(Shows("https:"));
}

TEST_F(StatusPageTest, TextIsNotTakenForMarkup) {
  facts_.version = "<b>&\"";
  EXPECT_TRUE(Shows("Version &lt;b&gt;&amp;&quot;,"));
}

TEST_F(StatusPageTest, AClockThatWasSetBackShowsNoNegativeUptime) {
  facts_.now.wall = WallTime(seconds(-5));
  EXPECT_TRUE(Shows("up 0 d 00:00:00"));
}

}  // namespace
}  // namespace culvert::admin
