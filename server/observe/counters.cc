#include "server/observe/counters.h"

namespace culvert::observe {
namespace {

struct Row {
  unsigned method;  // IANA "STUN Methods"
  const char* label;
};
constexpr std::array<Row, RequestCounters::kMethods - 1> kRows = {{{0x001, "binding"},
                                                                   {0x003, "allocate"},
                                                                   {0x004, "refresh"},
                                                                   {0x008, "create_permission"},
                                                                   {0x009, "channel_bind"},
                                                                   {0x00a, "connect"},
                                                                   {0x00b, "connection_bind"}}};

struct Column {
  int code;  // IANA "STUN Error Codes", and 0
  const char* label;
};
constexpr std::array<Column, RequestCounters::kCodes - 1> kColumns = {{{0, "success"},
                                                                       {300, "300"},
                                                                       {400, "400"},
                                                                       {401, "401"},
                                                                       {403, "403"},
                                                                       {405, "405"},
                                                                       {420, "420"},
                                                                       {437, "437"},
                                                                       {438, "438"},
                                                                       {440, "440"},
                                                                       {441, "441"},
                                                                       {442, "442"},
                                                                       {443, "443"},
                                                                       {446, "446"},
                                                                       {447, "447"},
                                                                       {486, "486"},
                                                                       {500, "500"},
                                                                       {508, "508"}}};

}  // namespace

void RequestCounters::Add(unsigned method, int code) {
  size_t row = 0;
  while (row < kRows.size() && kRows[row].method != method) ++row;
  size_t column = 0;
  while (column < kColumns.size() && kColumns[column].code != code) ++column;
  cells_[row][column].Add();
}

const char* RequestCounters::MethodLabel(size_t method_row) {
  return method_row < kRows.size() ? kRows[method_row].label : "other";
}

const char* RequestCounters::CodeLabel(size_t code_column) {
  return code_column < kColumns.size() ? kColumns[code_column].label : "other";
}

}  // namespace culvert::observe
