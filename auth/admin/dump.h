// All records of ours and coturn's as lines of JSON, and back.
//
//   {"key":"culvert/digest/home1.net/alice","type":"hash","value":[["ha1","96e7..."]],
//    "expires_ms":1800000000000}
//   {"key":"turn/realm/home1.net/secret","type":"set","value":["north"]}
//   {"key":"turn/realm/home1.net/user/gorst/key","type":"string","value":"7da2..."}
//
// A text that is no UTF-8 is {"base64":"..."}. The states of allocations that coturn keeps among
// them are left out, for they are of its life and not of its users.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/admin/workplace.h"

namespace culvert::auth::admin {

// Into the file of the request, readable by its owner alone; to standard output only with
// --secrets, for whoever reads it has every key.
Done Dump(Workplace& place);
// From the file, or standard input ("-"). What is there stays unless --replace is given; what is
// over by now is not written. A line that cannot be read stops it before anything is written.
Done Restore(Workplace& place);

struct DumpedRecord {
  enum class Type : uint8_t { kString, kHash, kSet };

  std::string key;
  Type type = Type::kString;
  std::vector<std::string> texts;  // one; members; fields and values in turn
  std::optional<int64_t> expires_ms;

  friend bool operator==(const DumpedRecord&, const DumpedRecord&) = default;
};
std::string AsLine(const DumpedRecord& record);
// The error is a clause and never holds what stands in the line.
Result<DumpedRecord, std::string> ParseLine(std::string_view line);

// What belongs to users: not every key below turn/ does.
bool IsDumped(std::string_view key);

}  // namespace culvert::auth::admin
