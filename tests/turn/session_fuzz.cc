// Drives a session with whatever the input says: requests from a small alphabet, signed rightly or
// not, with bytes flipped; steps of time; peers that connect, fail, and go; late credentials. After
// every step the world must add up: what is open is what the allocation says, every request has at
// most one answer, nothing is closed twice. At the end nothing is left open.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "auth/nonce.h"
#include "server/turn/session.h"
#include "server/turn/tcp_connections.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recorded_effects.h"
#include "tests/support/turn_request.h"

namespace culvert::turn {
namespace {

using stun::AttributeType;
using stun::Method;

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// The input, byte by byte; zeros behind its end.
class Input {
 public:
  explicit Input(ByteView bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  uint8_t Byte() {
    if (bytes_.empty()) return 0;
    const uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }
  uint8_t Below(uint8_t bound) { return Byte() % bound; }
  bool Flag() { return (Byte() & 1) != 0; }

 private:
  ByteView bytes_;
};

// Adds what only holds from call to call: which peer connections there are.
class CheckedEffects : public RecordedEffects {
 public:
  std::set<ConnectionId> peers;
  size_t counted = 0;
  bool quota_waits = false;  // it was asked for, and OnQuota has not come

  void ConnectToPeer(ConnectionId id, const PeerAddress& peer) override {
    RecordedEffects::ConnectToPeer(id, peer);
    Require(peers.insert(id).second, "a connection id is new");
  }
  void ClosePeer(ConnectionId id, bool flush) override {
    RecordedEffects::ClosePeer(id, flush);
    Require(peers.erase(id) == 1, "a connection that is closed was open");
  }
  void CountRequest(Method method, int code) override {
    RecordedEffects::CountRequest(method, code);
    ++counted;
  }
  void CloseRelay(Family family) override {
    RecordedEffects::CloseRelay(family);
    Require(open().v4 >= 0 && open().v6 >= 0, "a relay that is closed was open");
  }
  Result<QuotaState, stun::ErrorCode> AcquireQuota(const auth::Credential& credential) override {
    const auto state = RecordedEffects::AcquireQuota(credential);
    quota_waits = state.ok() && *state == QuotaState::kLater;
    return state;
  }
  void ReleaseQuota() override {
    RecordedEffects::ReleaseQuota();
    Require(open().quotas >= 0, "quota that is returned was taken");
  }
};

class Run {
 public:
  explicit Run(Input& input)
      : input_(input), transport_(static_cast<Transport>(input.Below(kTransportCount))) {
    settings_.realms = Realms("example.org");
    settings_.max_permissions = 3;
    settings_.max_channels = 2;
    settings_.max_connections = 3;
    settings_.authenticate = input.Byte() != 0xff;
    effects_.SetReplyKey(alice_.key);
    AddUser(alice_, "alice", auth::kNoExpiry);
    AddUser(renewed_, "alice", clock_.now().wall + seconds{900});
    AddUser(bob_, "bob", auth::kNoExpiry);
    const Path path{transport_, ClientAddress(IpAddress::V4(198, 51, 100, 7), 40000),
                    ServerAddress(IpAddress::V4(203, 0, 113, 1), 443)};
    session_ = std::make_unique<Session>(shared_, effects_, path);
  }

  void Steps() {
    // Longer inputs only repeat what shorter ones can say.
    for (int steps = 0; !input_.empty() && steps < 200; ++steps) {
      Step();
      Check();
    }
    End(EndReason::kShutdown);
    End(EndReason::kClientGone);
    Check();
    Require(effects_.open() == RecordedEffects::Open{}, "nothing is left open");
    Require(effects_.peers.empty(), "no connection is left open");
  }

 private:
  void AddUser(const TestUser& user, const char* subject, WallTime expiry) {
    auto credential = std::make_shared<auth::Credential>();
    credential->username = user.username;
    credential->subject = subject;
    credential->keys.md5 = user.key;
    credential->expiry = expiry;
    effects_.users[user.username] = std::move(credential);
  }

  void Step() {
    switch (input_.Below(11)) {
      case 0:
      case 1:
      case 2:
        return SendMessage();
      case 3:
        return clock_.Advance(seconds{input_.Byte()});
      case 4:
        session_->OnTimer(clock_.now());
        return Require(session_->next_deadline() > clock_.now().instant, "what was due is done");
      case 5:
        return session_->OnPeerConnected(SomeConnection(), clock_.now());
      case 6:
        return LosePeer();
      case 7:
        return AcceptPeer();
      case 8:
        return ClaimConnection();
      case 9:
        return AnswerLookUp();
      default:
        return ChangeTheWorld();
    }
  }

  void ClaimConnection() {
    const ConnectionId id = SomeConnection();
    const char* subject = input_.Flag() ? "alice" : "bob";
    if (!session_->Claim(id, subject, clock_.now()).ok()) return;
    Require(effects_.peers.contains(id), "what is claimed is there");
    Require(!session_->Claim(id, subject, clock_.now()).ok(), "nothing is claimed twice");
  }

  void LosePeer() {
    const ConnectionId id = SomeConnection();
    if (effects_.peers.erase(id) == 0) return;
    if (input_.Flag()) return session_->OnPeerClosed(id);
    session_->OnPeerConnectFailed(id, clock_.now());
  }

  void AcceptPeer() {
    const ConnectionId id = effects_.NewConnectionId();
    const PeerAddress peer(*Endpoint::Parse(SomePeer()));
    if (session_->OnPeerAccepted(peer, id, clock_.now())) {
      effects_.peers.insert(id);
      ++attempts_;
    }
  }

  // As the relay does: what nobody waits for any more is given back.
  void AnswerQuota(std::optional<stun::ErrorCode> refusal) {
    const bool waited = std::exchange(effects_.quota_waits, false);
    const bool taken = session_->OnQuota(refusal, clock_.now());
    Require(taken == waited, "a quota is for who has asked for it");
    if (waited && refusal) effects_.ReleaseQuota();
  }

  void End(EndReason reason) {
    session_->End(reason, clock_.now());
    if (reason == EndReason::kClientGone && std::exchange(effects_.quota_waits, false)) {
      effects_.ReleaseQuota();
    }
  }

  void AnswerLookUp() {
    const uint8_t kind = input_.Below(7);
    if (kind == 5) return AnswerQuota(std::nullopt);
    if (kind == 6) return AnswerQuota(stun::ErrorCode::kAllocationQuotaReached);
    if (kind < 4) {
      const auto user = effects_.users.find(kind == 0 ? "bob" : "alice");
      return session_->OnCredential(auth::Answer(user->second), clock_.now());
    }
    session_->OnCredential(auth::Answer(Failure{auth::Refusal::kProviderDown}), clock_.now());
  }

  void ChangeTheWorld() {
    const uint8_t what = input_.Byte();
    using stun::ErrorCode;
    const auto error = [](bool set, ErrorCode code) {
      return set ? std::optional(code) : std::nullopt;
    };
    effects_.answers_later = (what & 1) != 0;
    effects_.quota_error = error((what & 0x0e) == 0x0e, ErrorCode::kAllocationQuotaReached);
    effects_.udp_v4_error = error((what & 0x30) == 0x30, ErrorCode::kInsufficientCapacity);
    effects_.udp_v6_error = error((what & 0x50) == 0x50, ErrorCode::kAddressFamilyNotSupported);
    effects_.claim_error = error((what & 0x90) == 0x90, ErrorCode::kBadRequest);
    effects_.quota_comes_later = (what & 0x06) == 0x06;
    if (what == 0xaa) End(static_cast<EndReason>(input_.Below(6)));
  }

  const char* SomePeer() {
    static constexpr const char* kPeers[] = {
        "192.0.2.99:80",       "192.0.2.99:81", "192.0.2.98:80",   "[2001:db8::99]:80",
        "[2001:db8::98]:5000", "127.0.0.1:80",  "203.0.113.1:443", "192.0.2.97:0"};
    return kPeers[input_.Below(std::size(kPeers))];
  }

  ConnectionId SomeConnection() { return ConnectionId{input_.Below(12)}; }

  void SendMessage() {
    static constexpr Method kMethods[] = {
        Method::kAllocate,         Method::kRefresh, Method::kCreatePermission,
        Method::kChannelBind,      Method::kConnect, Method::kConnectionBind,
        Method::kBinding,          Method::kSend,    Method::kData,
        static_cast<Method>(0x0ff)};
    const uint8_t shape = input_.Byte();
    const auto message_class =
        shape >= 0xf0 ? static_cast<stun::Class>(shape & 3) : stun::Class::kRequest;
    TurnRequest request(kMethods[shape % std::size(kMethods)], input_.Below(4), message_class);
    for (uint8_t left = input_.Below(6); left > 0; --left) AddAttribute(&request);
    Sign(&request);

    std::vector<uint8_t> bytes = request.bytes();
    if (const uint8_t flip = input_.Byte(); flip >= 0xf0)
      bytes[input_.Byte() % bytes.size()] ^= flip;
    const auto message = stun::Message::Parse(bytes);
    if (!message.ok()) return;
    ++requests_;
    session_->OnMessage(*message, clock_.now());
  }

  void AddAttribute(TurnRequest* request) {
    const uint8_t kind = input_.Below(14);
    const uint8_t value = input_.Byte();
    switch (kind) {
      case 0:
      case 1:
        request->Transport(value < 0xf0 ? (value % 2 == 0 ? 17 : 6) : value);
        break;
      case 2:
        request->Lifetime(value * 30u);
        break;
      case 3:
      case 4:
        request->Peer(SomePeer());
        break;
      case 5:
        request->Channel(value < 0xf0 ? 0x4000 + value % 4 : static_cast<uint16_t>(value << 8));
        break;
      case 6:
        request->RequestedFamily(value % 4);
        break;
      case 7:
        request->AdditionalFamily(value < 0xf0 ? 2 : value);
        break;
      case 8:
        request->EvenPort(value % 2 == 0);
        break;
      case 9:
        request->Add(AttributeType::kReservationToken, {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                                        value < 0xf0 ? uint8_t{0x88} : value});
        break;
      case 10:
        request->Connection(value % 12);
        break;
      case 11:
        request->Add(value % 2 == 0 ? AttributeType::kDontFragment : AttributeType::kMobilityTicket,
                     {});
        break;
      case 12:
        request->AddUnknown(static_cast<uint16_t>(value << 8 | 0xfe));
        break;
      default:  // a known type with a length it should not have
        request->Add(static_cast<AttributeType>(value % 0x30), {1, 2, 3});
        break;
    }
  }

  void Sign(TurnRequest* request) {
    const uint8_t how = input_.Byte();
    const TestUser& user = how % 8 == 0 ? bob_ : how % 8 == 1 ? renewed_ : alice_;
    if (how % 8 == 2) return;
    TestUser signing = user;
    if (how % 8 == 3) signing.key[0] ^= 1;
    request->SignedBy(signing, how >= 0xf0 ? std::string("old") : Nonce());
    if ((how & 0x10) != 0) request->Fingerprint();
  }

  std::string Nonce() {
    const IpAddress client = IpAddress::V4(198, 51, 100, 7);
    std::array<char, auth::NonceSealer::kSize> nonce;
    nonces_.Issue(settings_.realms.default_realm(), settings_.features,
                  transport_ == Transport::kUdp ? &client : nullptr, clock_.now().wall, 7, &nonce);
    return {nonce.data(), nonce.size()};
  }

  void Check() {
    effects_.Take();
    const Allocation* allocation = session_->allocation();
    RecordedEffects::Open expected{.quotas = effects_.quota_waits ? 1 : 0};
    if (allocation) {
      expected = {allocation->v4.has_value(), allocation->v6.has_value(), 1, 1};
      Require(allocation->v4 || allocation->v6, "an allocation has a relay");
      Require((allocation->protocol == stun::kTransportTcp) == (allocation->connections != nullptr),
              "connections belong to TCP allocations");
    }
    Require(effects_.open() == expected, "what is open is what the allocation says");
    Require(allocation || session_->waiting() || session_->next_deadline() == kNever,
            "who has nothing and waits for nothing has no deadline");
    Require(effects_.replies() == effects_.counted + attempts_, "every answer is counted once");
    Require(effects_.counted <= requests_, "no request has two answers");
    CheckConnections(allocation);
  }

  void CheckConnections(const Allocation* allocation) {
    const size_t known =
        allocation && allocation->connections ? allocation->connections->all().size() : 0;
    Require(known == effects_.peers.size(), "the relay and the core know the same connections");
    Require(known <= settings_.max_connections, "connections keep to their limit");
    for (const auto* table : {allocation ? allocation->table(Family::kIPv4) : nullptr,
                              allocation ? allocation->table(Family::kIPv6) : nullptr}) {
      if (!table) continue;
      Require(table->LivePermissions(clock_.now().instant) <= settings_.max_permissions,
              "permissions keep to their limit");
      Require(table->channels().size() <= settings_.max_channels, "channels keep to their limit");
    }
  }

  Input& input_;
  const Transport transport_;
  FakeClock clock_;
  const TestUser alice_{"alice", "north", "example.org"};
  const TestUser renewed_{"alice2", "north", "example.org"};
  const TestUser bob_{"bob", "south", "example.org"};
  Settings settings_;
  const PeerPolicy peers_{{}, {Endpoint(IpAddress::V4(203, 0, 113, 1), 443)}};
  const auth::NonceSealer nonces_{auth::ClusterKey{1, 2, 3}, seconds{600}};
  Acquaintances acquaintances_{HashKey{4}};
  FailureLimits failures_{{.per_source = 1, .per_user = 1}, acquaintances_};
  Shared shared_{settings_, peers_, nonces_, 0, false, nullptr, &failures_};
  CheckedEffects effects_;
  std::unique_ptr<Session> session_;
  size_t requests_ = 0;
  size_t attempts_ = 0;
};

}  // namespace
}  // namespace culvert::turn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  culvert::turn::Input input(culvert::ByteView(data, size));
  culvert::turn::Run(input).Steps();
  return 0;
}
