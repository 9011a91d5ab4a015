// Bytes for tests: from hexadecimal text, from files in tests/vectors, and STUN messages put
// together attribute by attribute without the builder under test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"
#include "server/stun/message.h"

namespace culvert::stun {

using Bytes = std::vector<uint8_t>;

// White space is skipped. Aborts on anything else that is not hexadecimal.
Bytes Hex(std::string_view text);
std::string ToHex(ByteView bytes);

// The message in tests/vectors/<name>.hex. Aborts when there is no such file.
Bytes ReadVector(const std::string& name);

// One attribute: header, value, padding of `pad` bytes.
Bytes Attribute(uint16_t type, ByteView value, uint8_t pad = 0);
Bytes Attribute(uint16_t type, std::string_view hex_value, uint8_t pad = 0);

// A header with the right length, the transaction ID b7e7a701bc34d686fa87dfae, and the attributes.
Bytes RawMessage(uint16_t message_type, const std::vector<Bytes>& attributes);

// Parses what must be a message: aborts with the reason when it is not. `bytes` must outlive it.
Message MustParse(ByteView bytes);

// Writes the size of `message` into its header.
void RepairLength(Bytes* message);

}  // namespace culvert::stun
