// Builds requests as a client would, right or wrong on purpose:
//
//     TurnRequest(Method::kAllocate).Transport(17).Lifetime(0).SignedBy(alice, nonce).bytes()
//
// The transaction id is a small number, which message_text.h shows as "#1".
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "auth/contract.h"
#include "server/base/bytes.h"
#include "server/stun/integrity.h"
#include "server/stun/protocol.h"

namespace culvert {

struct TestUser {
  std::string username;
  std::string realm;
  auth::Md5Key key{};

  // With the key of `password`.
  TestUser(std::string_view name, std::string_view password, std::string_view its_realm);
};

class TurnRequest {
 public:
  explicit TurnRequest(stun::Method method, uint32_t number = 1,
                       stun::Class message_class = stun::Class::kRequest);

  TurnRequest& Add(stun::AttributeType type, ByteView value);
  TurnRequest& Add(stun::AttributeType type, std::initializer_list<uint8_t> value);
  // A type that has no name.
  TurnRequest& AddUnknown(uint16_t type);
  TurnRequest& Text(stun::AttributeType type, std::string_view text);
  TurnRequest& Uint32(stun::AttributeType type, uint32_t value);

  // REQUESTED-TRANSPORT, with its reserved bytes set, which nobody may look at.
  TurnRequest& Transport(uint8_t protocol);
  TurnRequest& Lifetime(uint32_t value);
  TurnRequest& RequestedFamily(uint8_t family);
  TurnRequest& AdditionalFamily(uint8_t family);
  TurnRequest& EvenPort(bool reserve_next);
  // XOR-PEER-ADDRESS of "192.0.2.1:80" or "[2001:db8::1]:80".
  TurnRequest& Peer(std::string_view endpoint);
  TurnRequest& Channel(uint16_t number);
  TurnRequest& Connection(uint32_t id);

  // USERNAME, REALM, NONCE, MESSAGE-INTEGRITY.
  TurnRequest& SignedBy(const TestUser& user, std::string_view nonce);
  // MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256 over what is there so far.
  TurnRequest& Integrity(ByteView key);
  TurnRequest& IntegritySha256(ByteView key, size_t size = stun::kSha256Size);
  TurnRequest& Fingerprint();

  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  void StoreLength(size_t bytes_behind_header);

  std::vector<uint8_t> bytes_;
};

}  // namespace culvert
