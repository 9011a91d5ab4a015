// The slow obvious twin of Message: copies everything, looks types up one by one, computes the CRC
// bit by bit. Tests and the fuzz target hold the parser against it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/stun/message.h"
#include "tests/stun/test_bytes.h"

namespace culvert::stun {

struct NaiveAttribute {
  uint16_t type;
  size_t offset;  // of its header
  Bytes value;
};

// What a message says, without what is to be ignored.
struct NaiveMessage {
  unsigned message_class;
  unsigned method;
  Bytes transaction_id;
  std::vector<NaiveAttribute> attributes;
};

Result<NaiveMessage, ParseError> NaiveParse(const Bytes& bytes);

// The value that FINGERPRINT must have behind these bytes.
uint32_t NaiveFingerprint(ByteView before);

// Parses `bytes` both ways and says what differs; empty when nothing does.
std::string DifferenceFromNaive(const Bytes& bytes);

}  // namespace culvert::stun
