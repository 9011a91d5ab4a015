#include "server/server.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <iterator>
#include <numeric>
#include <utility>

#include "server/cluster/redis_quota.h"
#include "server/net/kernel_tls.h"
#include "server/net/machine.h"
#include "server/net/socket.h"
#include "server/providers.h"
#include "server/redis/connection_string.h"
#include "server/statsdb/status_writer.h"

namespace culvert {
namespace {

using net::TlsContext;

// Operators' questions wait on main's thread, whose pages wait with them.
constexpr seconds kWorkersAnswerWithin{3};

// Listeners share their ports among workers, and would silently share them with another relay of
// the same user, too. A bind that shares nothing finds out who else is there.
std::optional<std::string> ProbePort(net::Syscalls& sys, const Endpoint& at, int type) {
  const auto made = sys.Socket(at.family() == Family::kIPv4 ? AF_INET : AF_INET6, type, 0);
  if (!made.ok()) return net::SocketError{made.error, "socket"}.Explain(at);
  const net::Fd fd(static_cast<int>(made.value));
  const int on = 1;
  // TIME_WAIT of an earlier run is nobody.
  if (type == SOCK_STREAM) setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (at.family() == Family::kIPv6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  sockaddr_storage storage;
  const socklen_t size = at.ToSockaddr(&storage);
  const auto bound = sys.Bind(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size);
  if (!bound.ok()) return net::SocketError{bound.error, "bind"}.Explain(at);
  return std::nullopt;
}

// A missing file that nobody asked for is no mistake: then there is no TLS.
bool WantsTls(const config::Options& options) {
  if (!options.tls && !options.dtls) return false;
  return options.cert_given || access(options.cert.c_str(), F_OK) == 0;
}

size_t WorkerCount(const config::Options& options) {
  const uint32_t wanted = options.relay_threads != 0 ? options.relay_threads : net::UsableCpus();
  return std::clamp<size_t>(wanted, 1, relay::ConnectionIdCodec::kWorkers);
}

// As many as workers: a storm may then use all CPUs, also when all of it comes to one worker.
size_t HandshakeThreads(const config::Options& options) {
  return options.tls ? WorkerCount(options) : 0;
}

}  // namespace

Server::Server(const config::Options& options, observe::Log& log, net::Syscalls& sys)
    : options_(options),
      log_(log),
      sys_(sys),
      addresses_(net::LocalAddresses()),
      ticket_keys_(net::TicketKeys::Random()),
      relay_settings_(RelaySettings(options, addresses_)),
      turn_settings_(TurnSettings(options)),
      cluster_key_(ClusterKeyOf(options)),
      nonces_(cluster_key_, options.stale_nonce),
      connection_ids_(cluster_key_),
      ports_(options.min_port, options.max_port),
      quota_(relay_settings_),
      reservations_(ports_),
      acquaintances_(RandomHashKey()),
      handshakes_(HandshakeThreads(options)),
      stored_realms_(turn_settings_.realms) {}

Server::~Server() {
  Stop();
  workers_.clear();
}

std::optional<std::string> Server::Check(const config::Options& options) {
  const auto providers = ProvidersOf(options, RealmOf(options));
  if (!providers) return providers.error();
  if (!WantsTls(options)) return std::nullopt;
  for (const auto kind : {TlsContext::Kind::kStream, TlsContext::Kind::kDatagram}) {
    const auto context = TlsContext::Load(TlsSettingsOf(options), net::TicketKeys::Random(), kind);
    if (!context) return context.error();
  }
  return std::nullopt;
}

Result<std::unique_ptr<Server>, std::string> Server::Create(const config::Options& options,
                                                            observe::Log& log, net::Syscalls& sys) {
  std::unique_ptr<Server> server(new Server(options, log, sys));
  auto providers = ProvidersOf(options, server->realm());
  if (!providers) return Failure{providers.error()};
  ForgetSecrets(&server->options_);
  server->plan_ = PlanListeners(options, WantsTls(options), server->addresses_);
  server->peers_ = std::make_unique<turn::PeerPolicy>(
      PeerRulesOf(options), OwnEndpoints(options, server->plan_, server->addresses_));
  relay::Commons commons{server->relay_settings_,
                         server->turn_settings_,
                         *server->peers_,
                         server->nonces_,
                         server->connection_ids_,
                         server->ports_,
                         server->quota_,
                         server->reservations_,
                         log,
                         sys};
  commons.acquaintances = &server->acquaintances_;
  commons.handshakes = &server->handshakes_;
  std::vector<relay::Worker*> all;
  for (size_t i = 0; i < WorkerCount(options); ++i) {
    server->workers_.push_back(
        std::make_unique<relay::Worker>(commons, static_cast<uint8_t>(i), nullptr));
    relay::Worker& worker = *server->workers_.back();
    ProviderParts parts{worker.loop(), worker.wheel(), worker.counters(), log,
                        [&worker](std::function<void()> work) { worker.Post(std::move(work)); }};
    if (i == 0) {
      parts.on_origins = [s = server.get()](const auto& origins) { s->UseOrigins(origins); };
    }
    auto made = (*providers)(parts);
    if (!made) return Failure{made.error()};
    // The same for every worker; none runs yet.
    server->turn_settings_.features = FeaturesOf(options, made->provider->offers());
    server->users_only_in_redis_ = made->only_redis;
    worker.UseProvider(std::move(made->provider));
    if (made->redis != nullptr) server->redis_.push_back(made->redis);
    all.push_back(&worker);
    server->counters_.push_back(&worker.counters());
  }
  for (relay::Worker* worker : all) worker->SetPeers(all);
  if (auto error = server->UseStatusWriters(options)) return Failure{*error};
  if (auto error = server->UseFleetQuotas(options)) return Failure{*error};
  if (WantsTls(options)) {
    // While there are the rights that loading the module may take.
    server->kernel_tls_ = options.kernel_tls && options.tls && net::KernelTlsOffered(sys);
    if (auto error = server->LoadTls()) return Failure{*error};
  } else if (options.tls || options.dtls) {
    log.Warning(
        "TLS and DTLS are off: there is no certificate. Give --cert and --pkey, or --no-tls and "
        "--no-dtls",
        {{"looked_for", options.cert}});
  }
  if (auto error = server->Bind()) return Failure{*error};
  return server;
}

void Server::UseOrigins(const std::map<std::string, std::string>& origins) {
  const std::shared_ptr<const turn::Realms> realms = stored_realms_.With(origins);
  for (auto& worker : workers_) {
    worker->Post([w = worker.get(), realms] { w->UseRealms(realms); });
  }
  log_.Info("realms of origins", {{"origins", origins.size()}});
}

std::optional<std::string> Server::UseStatusWriters(const config::Options& options) {
  if (options.redis_statsdb.empty()) return std::nullopt;
  const auto settings =
      redis::ParseConnectionString(options.redis_statsdb, statsdb::StatusWriter::kLimits);
  if (!settings) return "redis-statsdb: " + settings.error();
  for (auto& worker : workers_) {
    auto writer = statsdb::StatusWriter::Make(worker->loop(), worker->wheel(), *settings, log_);
    if (!writer) return "redis-statsdb: " + writer.error();
    statsdb_.push_back(&writer.value()->statistics());
    worker->UseObserver(std::move(writer).value());
  }
  return std::nullopt;
}

std::optional<std::string> Server::UseFleetQuotas(const config::Options& options) {
  if (options.redis_quotadb.empty()) return std::nullopt;
  const auto settings = redis::ParseConnectionString(options.redis_quotadb);
  if (!settings) return "redis-quotadb: " + settings.error();
  for (auto& worker : workers_) {
    auto quota = cluster::RedisQuota::Make(worker->loop(), worker->wheel(), *settings, log_);
    if (!quota) return "redis-quotadb: " + quota.error();
    quotadb_.push_back(&quota.value()->statistics());
    worker->UseFleetQuota(std::move(quota).value());
  }
  return std::nullopt;
}

std::optional<std::string> Server::LoadTls() {
  net::TlsSettings settings = TlsSettingsOf(options_);
  settings.kernel_tls = kernel_tls_;
  // All of them first: a failure must leave every worker as it was.
  std::vector<std::pair<std::shared_ptr<TlsContext>, std::shared_ptr<TlsContext>>> loaded;
  for (size_t i = 0; i < workers_.size(); ++i) {
    auto stream = TlsContext::Load(settings, ticket_keys_, TlsContext::Kind::kStream);
    if (!stream) return stream.error();
    auto datagram = TlsContext::Load(settings, ticket_keys_, TlsContext::Kind::kDatagram);
    if (!datagram) return datagram.error();
    loaded.emplace_back(*stream, *datagram);
  }
  certificate_expiry_ = loaded.front().first->certificate_expiry();
  for (size_t i = 0; i < workers_.size(); ++i) {
    relay::Worker* const worker = workers_[i].get();
    if (threads_.empty()) {
      worker->UseTls(loaded[i].first, loaded[i].second);
    } else {
      worker->Post([worker, pair = loaded[i]] { worker->UseTls(pair.first, pair.second); });
    }
  }
  return std::nullopt;
}

std::optional<std::string> Server::ReloadTls() {
  if (!WantsTls(options_)) return std::nullopt;
  return LoadTls();
}

std::optional<std::string> Server::Bind() {
  for (const ListenerPlan& listener : plan_) {
    const bool datagrams = listener.udp || listener.dtls;
    if (datagrams) {
      if (auto error = ProbePort(sys_, listener.at, SOCK_DGRAM)) return error;
    }
    if (listener.stream) {
      if (auto error = ProbePort(sys_, listener.at, SOCK_STREAM)) return error;
    }
    for (auto& worker : workers_) {
      if (datagrams) {
        auto socket = net::OpenUdpListener(sys_, listener.at);
        if (!socket) return socket.error().Explain(listener.at);
        worker->AddUdpListener(std::move(*socket), listener.at, listener.udp, listener.dtls);
      }
      if (listener.stream) {
        auto socket = net::OpenTcpListener(sys_, listener.at);
        if (!socket) return socket.error().Explain(listener.at);
        worker->AddStreamListener(std::move(*socket), listener.at);
      }
    }
  }
  return std::nullopt;
}

void Server::Start() {
  handshakes_.Start();
  for (auto& worker : workers_) {
    threads_.emplace_back([w = worker.get()] { w->Run(); });
  }
}

void Server::Stop() {
  if (threads_.empty()) return;
  for (auto& worker : workers_) worker->Stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  // After the workers, which give it steps to the end.
  handshakes_.Stop();
}

// The question outlives this call where a worker is too late.
template <typename Answer>
std::optional<std::vector<Answer>> Server::AskWorkers(
    std::function<Answer(relay::Worker&)> question) {
  std::vector<std::future<Answer>> awaited;
  for (auto& worker : workers_) {
    const auto promise = std::make_shared<std::promise<Answer>>();
    awaited.push_back(promise->get_future());
    worker->Post([promise, question, w = worker.get()] { promise->set_value(question(*w)); });
  }
  const auto deadline = std::chrono::steady_clock::now() + kWorkersAnswerWithin;
  std::vector<Answer> answers;
  for (auto& answer : awaited) {
    if (answer.wait_until(deadline) != std::future_status::ready) return std::nullopt;
    answers.push_back(answer.get());
  }
  return answers;
}

std::optional<std::vector<observe::SessionFacts>> Server::ListSessions(
    const observe::SessionFilter& filter, size_t most) {
  using List = std::vector<observe::SessionFacts>;
  auto lists = AskWorkers<List>(
      [filter, most](relay::Worker& worker) { return worker.ListSessions(filter, most); });
  if (!lists) return std::nullopt;
  List all;
  for (List& list : *lists) std::move(list.begin(), list.end(), std::back_inserter(all));
  if (all.size() > most) all.resize(most);
  return all;
}

std::optional<size_t> Server::EndSessions(const observe::SessionFilter& filter) {
  const auto ended =
      AskWorkers<size_t>([filter](relay::Worker& worker) { return worker.EndSessions(filter); });
  if (!ended) return std::nullopt;
  return std::accumulate(ended->begin(), ended->end(), size_t{0});
}

void Server::Drain() {
  for (auto& worker : workers_) worker->Post([w = worker.get()] { w->Drain(); });
}

int64_t Server::allocations() const {
  return observe::Sum(counters_, [](const observe::WorkerCounters& worker) {
    int64_t open = 0;
    for (const auto protocol : {observe::RelayedProtocol::kUdp, observe::RelayedProtocol::kTcp}) {
      for (size_t transport = 0; transport < observe::kTransports; ++transport) {
        open += worker.allocations_open[protocol][transport].value();
      }
    }
    return open;
  });
}

bool Server::users_never_reached() const {
  return users_only_in_redis_ &&
         std::any_of(redis_.begin(), redis_.end(),
                     [](const redis::Statistics* client) { return client->connects.value() == 0; });
}

uint64_t Server::relay_ports() const {
  return options_.max_port - options_.min_port + 1u;
}

}  // namespace culvert
