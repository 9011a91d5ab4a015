#include "auth/admin/dump.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <istream>
#include <ostream>
#include <utility>

#include "auth/admin/file_edit.h"

namespace culvert::auth::admin {
namespace {

using redis::Command;
using redis::Reply;
using Type = DumpedRecord::Type;

// Of what is asked in one go. More is fewer round trips and more memory.
constexpr size_t kKeysAtOnce = 250;
constexpr const char* kStandardInput = "-";

// When keys expire. PEXPIRETIME is of Redis 7; before it the rest is asked for and added to the
// time, which is right to some milliseconds.
class ExpiryReader {
 public:
  static Result<ExpiryReader, Trouble> Make(Store& store) {
    ExpiryReader reader;
    const auto tried = store.Ask({"PEXPIRETIME", "culvert/digest/"});
    if (tried) return reader;
    if (tried.error().text.find("unknown command") == std::string::npos) {
      return Failure{tried.error()};
    }
    const auto time = store.Ask({{"TIME"}, Command::kNoKey});
    if (!time) return Failure{time.error()};
    if (time->elements().size() != 2) return CouldNot("TIME: Redis's answer cannot be read");
    reader.redis_ms_ = time->elements()[0].AsInteger().value_or(0) * 1000 +
                       time->elements()[1].AsInteger().value_or(0) / 1000;
    return reader;
  }

  Command Question(const std::string& key) const {
    return {redis_ms_ ? "PTTL" : "PEXPIRETIME", key};
  }
  std::optional<int64_t> Answer(const Reply& reply) const {
    if (reply.integer() < 0) return std::nullopt;
    return reply.integer() + redis_ms_.value_or(0);
  }

 private:
  std::optional<int64_t> redis_ms_;
};

std::optional<std::pair<Type, const char*>> TypeOf(const std::string& name) {
  if (name == "string") return std::pair(Type::kString, "GET");
  if (name == "hash") return std::pair(Type::kHash, "HGETALL");
  if (name == "set") return std::pair(Type::kSet, "SMEMBERS");
  return std::nullopt;
}

// Sorted, so that two dumps of the same are the same.
void TakeTexts(Reply value, DumpedRecord* record) {
  if (record->type == Type::kString) {
    if (!value.is_nil()) record->texts.push_back(value.TakeText());
    return;
  }
  std::vector<Reply>& elements = value.elements();
  const size_t step = record->type == Type::kHash ? 2 : 1;
  std::vector<std::pair<std::string, std::string>> sorted;
  for (size_t i = 0; i + step <= elements.size(); i += step) {
    sorted.emplace_back(elements[i].text(), elements[i + step - 1].text());
  }
  std::sort(sorted.begin(), sorted.end());
  for (auto& [first, second] : sorted) {
    record->texts.push_back(std::move(first));
    if (step == 2) record->texts.push_back(std::move(second));
  }
}

// What was removed since the keys were listed is left out.
Done ReadRecords(Store& store, const ExpiryReader& expiries, const std::vector<std::string>& keys,
                 std::string* lines, size_t* count) {
  std::vector<Command> questions;
  questions.reserve(2 * keys.size());
  for (const std::string& key : keys) questions.push_back({"TYPE", key});
  const auto types = store.AskAll(std::move(questions));
  if (!types) return Failure{types.error()};
  std::vector<DumpedRecord> records;
  questions.clear();
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto type = TypeOf((*types)[i].text());
    if (!type) continue;
    records.push_back({.key = keys[i], .type = type->first, .texts = {}, .expires_ms = {}});
    questions.push_back({type->second, keys[i]});
    questions.push_back(expiries.Question(keys[i]));
  }
  auto answers = store.AskAll(std::move(questions));
  if (!answers) return Failure{answers.error()};
  for (size_t i = 0; i < records.size(); ++i) {
    TakeTexts(std::move((*answers)[2 * i]), &records[i]);
    if (records[i].texts.empty()) continue;
    records[i].expires_ms = expiries.Answer((*answers)[2 * i + 1]);
    *lines += AsLine(records[i]) + "\n";
    ++*count;
  }
  return Ok();
}

Result<std::vector<std::string>, Trouble> KeysToDump(Store& store) {
  std::vector<std::string> all;
  for (const char* pattern : {"culvert/*", "turn/*"}) {
    auto keys = store.Scan(pattern);
    if (!keys) return keys;
    std::copy_if(std::make_move_iterator(keys->begin()), std::make_move_iterator(keys->end()),
                 std::back_inserter(all), [](const std::string& key) { return IsDumped(key); });
  }
  return all;
}

Result<std::vector<DumpedRecord>, Trouble> ParseLines(std::istream& in, const std::string& from) {
  std::vector<DumpedRecord> records;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty()) continue;
    auto record = ParseLine(line);
    if (!record) {
      return CouldNot("nothing is written: " + from + ":" + std::to_string(number) + ": " +
                      record.error());
    }
    records.push_back(std::move(record.value()));
  }
  return records;
}

Result<std::vector<DumpedRecord>, Trouble> RecordsToRestore(Workplace& place) {
  const std::string& path = place.request.dump_file;
  if (path == kStandardInput) return ParseLines(place.console.in, "standard input");
  std::ifstream file(path, std::ios::binary);
  if (!file) return CouldNot("cannot read " + path + ": " + std::strerror(errno));
  return ParseLines(file, path);
}

// Everything of the record, and nothing of an older one.
Step Writing(const DumpedRecord& record, bool replace) {
  Step step{.key = record.key,
            .when = replace ? Step::When::kAlways : Step::When::kNew,
            .commands = {{"DEL", record.key}}};
  const char* command = record.type == Type::kString ? "SET" : "SADD";
  if (record.type == Type::kHash) command = "HSET";
  // An even number, so that no field is parted from its value.
  constexpr size_t kTexts = Step::kMostWords - 2;
  for (size_t first = 0; first < record.texts.size(); first += kTexts) {
    Step::Words words = {command, record.key};
    const size_t end = std::min(first + kTexts, record.texts.size());
    for (size_t i = first; i < end; ++i) words.push_back(record.texts[i]);
    step.commands.push_back(std::move(words));
  }
  if (record.expires_ms) {
    step.commands.push_back({"PEXPIREAT", record.key, std::to_string(*record.expires_ms)});
  }
  return step;
}

}  // namespace

Done Dump(Workplace& place) {
  const Request& request = place.request;
  if (request.dump_file.empty() && !request.show_secrets) {
    return UsedWrongly("a dump holds every key: give --out FILE, or --secrets to have it printed");
  }
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  const auto expiries = ExpiryReader::Make(**store);
  if (!expiries) return Failure{expiries.error()};
  const auto keys = KeysToDump(**store);
  if (!keys) return Failure{keys.error()};
  std::string lines;
  size_t count = 0;
  for (size_t first = 0; first < keys->size(); first += kKeysAtOnce) {
    const auto begin = keys->begin() + static_cast<std::ptrdiff_t>(first);
    const size_t size = std::min(kKeysAtOnce, keys->size() - first);
    const std::vector<std::string> some(begin, begin + static_cast<std::ptrdiff_t>(size));
    if (auto done = ReadRecords(**store, *expiries, some, &lines, &count); !done) return done;
  }
  if (request.dump_file.empty()) {
    place.console.out << lines;
    return Ok();
  }
  auto file = FileEdit::Open(request.dump_file, FileEdit::Missing::kEmpty);
  if (!file) return Failure{file.error()};
  if (auto done = file->Replace(lines); !done) return done;
  place.Tell("dumped " + std::to_string(count) + " records to " + request.dump_file,
             {{"done", "dumped"}, {"records", count}, {"file", request.dump_file}});
  return Ok();
}

Done Restore(Workplace& place) {
  const auto records = RecordsToRestore(place);
  if (!records) return Failure{records.error()};
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  const auto now = place.console.now.time_since_epoch();
  const int64_t now_ms = std::chrono::duration_cast<milliseconds>(now).count();
  std::vector<Command> commands;
  size_t over = 0;
  for (const DumpedRecord& record : *records) {
    if (record.expires_ms && *record.expires_ms <= now_ms) {
      ++over;
      continue;
    }
    commands.push_back(AsCommand(Writing(record, place.request.replace)));
  }
  const auto answers = (*store)->AskAll(std::move(commands));
  if (!answers) return Failure{answers.error()};
  const auto kept = static_cast<size_t>(std::count_if(
      answers->begin(), answers->end(), [](const Reply& answer) { return answer.is_nil(); }));
  const size_t written = answers->size() - kept;
  place.Tell("wrote " + std::to_string(written) + " records, left " + std::to_string(kept) +
                 " that are there already, passed over " + std::to_string(over) + " that are over",
             {{"done", "restored"}, {"written", written}, {"left", kept}, {"over", over}});
  return Ok();
}

}  // namespace culvert::auth::admin
