#include "server/admin/coturn_metrics.h"

#include <array>
#include <string>

namespace culvert::admin {
namespace {

using observe::AllCounters;
using observe::TcpFlow;
using observe::TcpTraffic;
using observe::UdpFlow;
using observe::UdpTraffic;
using observe::Volume;
using observe::WorkerCounters;

// In the order of turn::Transport.
constexpr std::array<const char*, observe::kTransports> kTypes = {"UDP", "TCP", "TLS/TCP", "DTLS"};

double UdpTotal(AllCounters workers, UdpFlow UdpTraffic::*flow, Volume UdpFlow::*stage,
                observe::Counter Volume::*number) {
  return Total(workers, [&](const WorkerCounters& w) {
    uint64_t sum = 0;
    for (size_t t = 0; t < observe::kTransports; ++t) {
      sum += (w.udp_relayed[t].*flow.*stage.*number).value();
    }
    return sum;
  });
}

double TcpTotal(AllCounters workers, TcpFlow TcpTraffic::*flow, observe::Counter TcpFlow::*stage) {
  return Total(workers, [&](const WorkerCounters& w) {
    uint64_t sum = 0;
    for (const size_t t : kStreamTransports) sum += (w.tcp_relayed[t].*flow.*stage).value();
    return sum;
  });
}

// The client leg receives what goes up and sends what goes down, the peer leg the other way round.
struct Leg {
  const char* infix;
  UdpFlow UdpTraffic::*udp_in;
  UdpFlow UdpTraffic::*udp_out;
  TcpFlow TcpTraffic::*tcp_in;
  TcpFlow TcpTraffic::*tcp_out;
};
constexpr std::array<Leg, 2> kLegs = {
    {{"", &UdpTraffic::client_to_peer, &UdpTraffic::peer_to_client, &TcpTraffic::client_to_peer,
      &TcpTraffic::peer_to_client},
     {"peer_", &UdpTraffic::peer_to_client, &UdpTraffic::client_to_peer,
      &TcpTraffic::peer_to_client, &TcpTraffic::client_to_peer}}};

void AddTraffic(Families& page, AllCounters workers, const std::string& prefix) {
  for (const Leg& leg : kLegs) {
    const std::string name = prefix + leg.infix;
    page.Counter(name + "rcvp", "As coturn's: packets received, live.")
        .Value(UdpTotal(workers, leg.udp_in, &UdpFlow::received, &Volume::packets));
    page.Counter(name + "rcvb", "As coturn's: bytes received, live.")
        .Value(UdpTotal(workers, leg.udp_in, &UdpFlow::received, &Volume::bytes) +
               TcpTotal(workers, leg.tcp_in, &TcpFlow::received_bytes));
    page.Counter(name + "sentp", "As coturn's: packets sent, live.")
        .Value(UdpTotal(workers, leg.udp_out, &UdpFlow::sent, &Volume::packets));
    page.Counter(name + "sentb", "As coturn's: bytes sent, live.")
        .Value(UdpTotal(workers, leg.udp_out, &UdpFlow::sent, &Volume::bytes) +
               TcpTotal(workers, leg.tcp_out, &TcpFlow::sent_bytes));
  }
}

void AddAllocations(Families& page, AllCounters workers) {
  Family allocations = page.Gauge("turn_total_allocations", "As coturn's: allocations open now.");
  for (size_t t = 0; t < observe::kTransports; ++t) {
    allocations.With({{"type", kTypes[t]}},
                     AllocationsOpen(workers, observe::RelayedProtocol::kUdp, t) +
                         AllocationsOpen(workers, observe::RelayedProtocol::kTcp, t));
  }
}

void AddBindings(Families& page, AllCounters workers) {
  // Binding is the first row of the table of requests, success its first column.
  auto answered = [&](size_t column) {
    return Total(workers, [&](const WorkerCounters& w) { return w.requests.value(0, column); });
  };
  const double successes = answered(0);
  double errors = 0;
  for (size_t column = 1; column < observe::RequestCounters::kCodes; ++column) {
    errors += answered(column);
  }
  page.Counter("stun_binding_request", "As coturn's: Binding requests.").Value(successes + errors);
  page.Counter("stun_binding_response", "As coturn's: Binding answers.").Value(successes);
  page.Counter("stun_binding_error", "As coturn's: Binding errors.").Value(errors);
}

}  // namespace

void AddCoturnMetrics(Families& page, AllCounters workers) {
  AddAllocations(page, workers);
  AddTraffic(page, workers, "turn_traffic_");
  AddTraffic(page, workers, "turn_total_traffic_");
  AddBindings(page, workers);
}

}  // namespace culvert::admin
