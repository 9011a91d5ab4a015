// Commands as they go over the wire (RESP: an array of bulk strings).
#pragma once

#include <span>
#include <string>

namespace culvert::redis {

std::string Encode(std::span<const std::string> words);

}  // namespace culvert::redis
