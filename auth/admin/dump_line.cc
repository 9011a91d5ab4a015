#include <algorithm>
#include <iterator>
#include <utility>

#include "auth/admin/dump.h"
#include "auth/base64.h"

namespace culvert::auth::admin {
namespace {

using Type = DumpedRecord::Type;

constexpr std::pair<Type, const char*> kTypes[] = {
    {Type::kString, "string"}, {Type::kHash, "hash"}, {Type::kSet, "set"}};

Json TextAsJson(const std::string& text) {
  if (IsUtf8(text)) return text;
  return {{"base64", ToBase64(AsBytes(text))}};
}

std::optional<std::string> TextOf(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  if (!json.is_object() || json.size() != 1) return std::nullopt;
  const auto coded = json.find("base64");
  if (coded == json.end() || !coded->is_string()) return std::nullopt;
  const auto bytes = ParseBase64(coded->get<std::string>());
  if (!bytes) return std::nullopt;
  return std::string(AsText(*bytes));
}

bool TakeTexts(const Json& array, std::vector<std::string>* texts) {
  if (!array.is_array()) return false;
  for (const Json& element : array) {
    auto text = TextOf(element);
    if (!text) return false;
    texts->push_back(std::move(*text));
  }
  return true;
}

bool TakeValue(const Json& value, DumpedRecord* record) {
  if (record->type == Type::kSet) return TakeTexts(value, &record->texts) && !value.empty();
  if (record->type == Type::kString) return TakeTexts(Json::array({value}), &record->texts);
  if (!value.is_array() || value.empty()) return false;
  for (const Json& pair : value) {
    if (!pair.is_array() || pair.size() != 2 || !TakeTexts(pair, &record->texts)) return false;
  }
  return true;
}

bool TakeType(const Json& name, DumpedRecord* record) {
  for (const auto& [type, type_name] : kTypes) {
    if (name == type_name) {
      record->type = type;
      return true;
    }
  }
  return false;
}

}  // namespace

std::string AsLine(const DumpedRecord& record) {
  Json value = Json::array();
  if (record.type == Type::kString) value = TextAsJson(record.texts.front());
  if (record.type == Type::kSet) {
    for (const std::string& text : record.texts) value.push_back(TextAsJson(text));
  }
  if (record.type == Type::kHash) {
    for (size_t i = 0; i + 1 < record.texts.size(); i += 2) {
      value.push_back(Json::array({TextAsJson(record.texts[i]), TextAsJson(record.texts[i + 1])}));
    }
  }
  const char* type_name = "";
  for (const auto& [type, name] : kTypes) {
    if (type == record.type) type_name = name;
  }
  Json line = {{"key", TextAsJson(record.key)}, {"type", type_name}, {"value", std::move(value)}};
  if (record.expires_ms) line["expires_ms"] = *record.expires_ms;
  return line.dump();
}

Result<DumpedRecord, std::string> ParseLine(std::string_view line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Failure{std::string("is no JSON object")};
  for (const char* name : {"key", "type", "value"}) {
    if (!json.contains(name)) return Failure{std::string("has no ") + name};
  }
  DumpedRecord record;
  auto key = TextOf(json["key"]);
  if (!key) return Failure{std::string("key: expected a text")};
  record.key = std::move(*key);
  if (!IsDumped(record.key)) {
    return Failure{std::string("key: is none of those that are dumped")};
  }
  if (!TakeType(json["type"], &record)) {
    return Failure{std::string("type: expected string, hash or set")};
  }
  if (!TakeValue(json["value"], &record)) {
    return Failure{std::string("value: does not belong to its type")};
  }
  if (const auto expires = json.find("expires_ms"); expires != json.end()) {
    if (!expires->is_number_integer() || expires->get<int64_t>() < 0) {
      return Failure{std::string("expires_ms: expected milliseconds since 1970")};
    }
    record.expires_ms = expires->get<int64_t>();
  }
  return record;
}

bool IsDumped(std::string_view key) {
  constexpr std::string_view kPrefixes[] = {"culvert/digest/", "culvert/gba/", "culvert/userhash/",
                                            "culvert/impu/",   "turn/realm/",  "turn/origin/",
                                            "turn/oauth/kid/"};
  const bool begins =
      std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                  [key](std::string_view prefix) { return key.starts_with(prefix); });
  // turn/realm/<realm>/user/<name>/allocation/<id>/status, .../traffic
  const bool of_allocation =
      key.starts_with("turn/") && key.find("/allocation/") != key.npos && !key.ends_with("/key");
  return begins && !of_allocation;
}

}  // namespace culvert::auth::admin
