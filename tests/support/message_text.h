// A STUN message as one line of text, so that a test compares it whole:
//
//     Allocate success #1 {LIFETIME 600, XOR-MAPPED-ADDRESS 198.51.100.7:40000, MESSAGE-INTEGRITY
//     ok}
//
// Attributes stand in the order of the message. `#1` is the number that TurnRequest put into the
// transaction id; one that does not come from there is not shown. What changes from run to run
// (nonces) or follows from the rest (FINGERPRINT) is shown by name only.
#pragma once

#include <string>

#include "server/base/bytes.h"

namespace culvert {

// Integrity is verified under `key` and shown as "ok" or "WRONG".
std::string MessageText(ByteView bytes, ByteView key);

}  // namespace culvert
