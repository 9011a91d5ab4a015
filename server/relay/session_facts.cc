#include "server/relay/session_facts.h"

#include <algorithm>
#include <chrono>

#include "server/turn/tcp_connections.h"

namespace culvert::relay {
namespace {

const auth::Credential& OwnerOf(const turn::Allocation& allocation) {
  static const auth::Credential nobody;
  return allocation.credential ? *allocation.credential : nobody;
}

}  // namespace

bool Takes(const observe::SessionFilter& filter, const ClientSession& session) {
  const turn::Allocation* const allocation = session.turn().allocation();
  if (allocation == nullptr) return false;
  const auth::Credential& owner = OwnerOf(*allocation);
  return filter.Takes(session.id(), owner.username, owner.subject);
}

observe::SessionFacts FactsOf(const ClientSession& session, Instant now) {
  const turn::Allocation& allocation = *session.turn().allocation();
  const auth::Credential& owner = OwnerOf(allocation);
  observe::SessionFacts facts{
      .id = session.id(),
      .user = owner.username,
      .subject = owner.subject,
      .realm = owner.realm,
      .transport = turn::TransportName(session.transport()),
      .protocol = allocation.protocol == stun::kTransportTcp ? "tcp" : "udp",
      .client = session.path().client.ToString(),
      .server = session.path().server.ToString(),
      .age = std::chrono::duration_cast<seconds>(now - session.allocated_at()),
      .connections = allocation.connections ? allocation.connections->all().size() : 0};
  Instant expires = now;
  for (const Family family : {Family::kIPv4, Family::kIPv6}) {
    const turn::RelayTable* const table = allocation.table(family);
    if (table == nullptr) continue;
    facts.relayed.push_back(table->relayed().ToString());
    facts.permissions += table->permissions().size();
    facts.channels += table->channels().size();
    expires = std::max(expires, table->expires());
  }
  facts.expires_in = std::chrono::duration_cast<seconds>(expires - now);
  return facts;
}

}  // namespace culvert::relay
