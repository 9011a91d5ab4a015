#include "server/observe/log_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

namespace culvert::observe {
namespace {

bool IsPrintable(char c) {
  return c >= 0x20 && c <= 0x7e;
}

// A value that can stand without quotes and still be told from what follows.
bool IsPlain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return IsPrintable(c) && c != ' ' && c != '"' && c != '\\' && c != '=';
  });
}

void AppendEscaped(std::string& line, std::string_view text, bool in_quotes) {
  for (const char c : text) {
    if (in_quotes && (c == '"' || c == '\\')) {
      line += '\\';
      line += c;
    } else if (IsPrintable(c)) {
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (c == '\r') {
      line += "\\r";
    } else if (c == '\t') {
      line += "\\t";
    } else {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
}

// A value that is no text, as both formats write it.
std::string Number(const Field& field) {
  switch (field.kind()) {
    case Field::Kind::kSigned:
      return fmt::format("{}", static_cast<int64_t>(field.number()));
    case Field::Kind::kUnsigned:
      return fmt::format("{}", field.number());
    case Field::Kind::kSession:
      return fmt::format("{:016x}", field.number());
    case Field::Kind::kBool:
      return field.number() != 0 ? "true" : "false";
    case Field::Kind::kText:
      break;
  }
  return {};
}

std::string JsonString(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string TextLine(std::string_view message, Fields fields) {
  std::string line;
  AppendEscaped(line, message, false);
  for (const Field& field : fields) {
    line += ' ';
    AppendEscaped(line, field.name(), false);
    line += '=';
    if (field.kind() != Field::Kind::kText) {
      line += Number(field);
    } else if (IsPlain(field.text())) {
      line += field.text();
    } else {
      line += '"';
      AppendEscaped(line, field.text(), true);
      line += '"';
    }
  }
  return line;
}

std::string JsonLine(std::string_view message, Fields fields) {
  std::string line = "\"message\":" + JsonString(message);
  for (const Field& field : fields) {
    line += ',';
    line += JsonString(field.name());
    line += ':';
    if (field.kind() == Field::Kind::kText) {
      line += JsonString(field.text());
    } else if (field.kind() == Field::Kind::kSession) {
      line += '"' + Number(field) + '"';  // 64 bits do not fit into a JavaScript number
    } else {
      line += Number(field);
    }
  }
  return line;
}

}  // namespace culvert::observe
