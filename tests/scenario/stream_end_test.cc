// How a relayed stream ends (RFC 6062 section 5.4 and the choices TC-47, TC-48, TC-53): FIN stays a
// half-close, RST stays RST, and nothing that was accepted is lost on the way.

#include "tests/scenario/peers.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

class StreamEndTest : public StreamRelay {
 protected:
  void OpenPipe() {
    StartRelay();
    auto control = Client(transport());
    ASSERT_TRUE(control.ok()) << control.error().ToString();
    control_.emplace(std::move(*control));
    ASSERT_TRUE(control_->Allocate({.transport = stun::kTransportTcp}).ok());
    auto path = OpenPath(*control_, listener_);
    ASSERT_TRUE(path.ok()) << path.error().ToString();
    path_.emplace(std::move(*path));
  }
  ClientConnection& client() { return path_->client; }
  ClientConnection& peer() { return path_->peer; }

  bool AllPipesGone() {
    return Eventually([this] {
      return Count([](const observe::WorkerCounters& w) {
               return w.data_connections_open.value();
             }) == 0;
    });
  }

  uint64_t RelayedToClient() {
    return Count([](const observe::WorkerCounters& w) {
      uint64_t sum = 0;
      for (size_t t = 0; t < observe::kTransports; ++t) {
        sum += w.tcp_relayed[t].peer_to_client.sent_bytes.value();
      }
      return sum;
    });
  }

  PeerListener listener_;
  std::optional<TurnClient> control_;
  std::optional<Path> path_;
};

// TC-48
TEST_P(StreamEndTest, ThePeersHalfCloseLeavesTheClientSending) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  ASSERT_TRUE(peer().Send(AsBytes("last words"), kPatience).ok());
  peer().EndSending();
  const StreamRest heard = ReadToEnd(client());
  EXPECT_EQ(std::string(heard.bytes.begin(), heard.bytes.end()), "last words");
  EXPECT_EQ(heard.end, ClientFailure::kClosed);
  const auto reply = Pattern(300000);
  BackgroundSend sending(client(), reply);
  EXPECT_EQ(Difference(peer(), reply), "");
  ASSERT_TRUE(sending.Finish());
  client().EndSending();
  EXPECT_EQ(ReadToEnd(peer()).end, ClientFailure::kClosed);
  EXPECT_TRUE(AllPipesGone());
}

// TC-48: over TLS the client says close_notify before its FIN.
TEST_P(StreamEndTest, TheClientsHalfCloseLeavesThePeerSending) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  ASSERT_TRUE(client().Send(AsBytes("last words"), kPatience).ok());
  client().EndSending();
  const StreamRest heard = ReadToEnd(peer());
  EXPECT_EQ(std::string(heard.bytes.begin(), heard.bytes.end()), "last words");
  EXPECT_EQ(heard.end, ClientFailure::kClosed);
  const auto reply = Pattern(300000);
  BackgroundSend sending(peer(), reply);
  EXPECT_EQ(Difference(client(), reply), "");
  ASSERT_TRUE(sending.Finish());
  peer().EndSending();
  EXPECT_EQ(ReadToEnd(client()).end, ClientFailure::kClosed);
  EXPECT_TRUE(AllPipesGone());
}

// TC-47: a client that reads late loses nothing, and learns of the proper end.
TEST_P(StreamEndTest, EightMegabytesAndACloseReachASlowClient) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  const auto sent = Pattern(8 << 20);
  std::thread leaving([this, &sent] {
    EXPECT_TRUE(peer().Send(sent, kPatience * 2).ok());
    ClientConnection gone = std::move(peer());
  });
  // The client does not read until the whole way is full.
  EXPECT_TRUE(Eventually([this] { return RelayedToClient() > (1 << 20); }));
  const StreamRest rest = ReadToEnd(client());
  leaving.join();
  EXPECT_EQ(Difference(rest.bytes, sent), "");
  EXPECT_EQ(rest.end, ClientFailure::kClosed);
}

TEST_P(StreamEndTest, EightMegabytesAndACloseReachASlowPeer) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  const auto sent = Pattern(8 << 20);
  std::thread leaving([this, &sent] {
    EXPECT_TRUE(client().Send(sent, kPatience * 2).ok());
    ClientConnection gone = std::move(client());
  });
  const StreamRest rest = ReadToEnd(peer());
  leaving.join();
  EXPECT_EQ(Difference(rest.bytes, sent), "");
  EXPECT_EQ(rest.end, ClientFailure::kClosed);
}

// TC-47, as MSRP does it: the client still answers while the peer, which has said everything, is
// gone already. The peer's kernel answers that with RST, which must not cost the client the rest.
TEST_P(StreamEndTest, AnsweringAPeerThatLeftCostsNothingOfWhatItSent) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  const auto sent = Pattern(1 << 20);
  {
    ClientConnection gone = std::move(peer());
    ASSERT_TRUE(gone.Send(sent, kPatience).ok());
  }
  ASSERT_TRUE(Eventually([&] { return RelayedToClient() == sent.size(); }));
  // Two turns of the same worker later it has read the FIN, too.
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(control_->Refresh(600).ok());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client().Send(AsBytes("200 OK"), kPatience).ok());
    ASSERT_TRUE(control_->Refresh(600).ok());
  }
  const StreamRest rest = ReadToEnd(client());
  EXPECT_EQ(Difference(rest.bytes, sent), "");
  EXPECT_EQ(rest.end, ClientFailure::kClosed);
  path_.reset();
  EXPECT_TRUE(AllPipesGone());
}

// TC-53
TEST_P(StreamEndTest, ThePeersResetIsAResetForTheClient) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  peer().Abort();
  EXPECT_EQ(ReadToEnd(client()).end, ClientFailure::kReset);
  EXPECT_TRUE(AllPipesGone());
}

// TC-53
TEST_P(StreamEndTest, TheClientsResetIsAResetForThePeer) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  client().Abort();
  EXPECT_EQ(ReadToEnd(peer()).end, ClientFailure::kReset);
  EXPECT_TRUE(AllPipesGone());
}

// TC-53: also while the other leg is half-closed already.
TEST_P(StreamEndTest, AResetAfterAHalfCloseStillGoesThrough) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  peer().EndSending();
  EXPECT_EQ(ReadToEnd(client()).end, ClientFailure::kClosed);
  client().Abort();
  EXPECT_EQ(ReadToEnd(peer()).end, ClientFailure::kReset);
  EXPECT_TRUE(AllPipesGone());
}

INSTANTIATE_TEST_SUITE_P(Streams, StreamEndTest,
                         ::testing::Values(ClientTransport::kTcp, ClientTransport::kTls),
                         TransportTestName);

}  // namespace
}  // namespace culvert::testing
