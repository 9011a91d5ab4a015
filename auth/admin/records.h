// add, set, show, list, delete, bar and unbar for what has a name and one key: users of coturn's,
// SIP Digest, GBA, and keys of tokens. Other kinds: secrets.h, realms.h, user_file.h.
#pragma once

#include <string>
#include <vector>

#include "auth/admin/workplace.h"
#include "server/redis/reply.h"

namespace culvert::auth::admin {

// Refuses a name that is there already, unless --replace is given; what the relay could not read is
// not written.
Done AddRecord(Workplace& place);
// Changes the fields that the request names and leaves the rest; an empty one is removed.
Done SetRecord(Workplace& place);
Done ShowRecord(Workplace& place);
Done ListRecords(Workplace& place);
// With what leads to it, where the request names that (--userhash, --impu).
Done DeleteRecord(Workplace& place);
// Of a user: a digest record without keys goes before coturn's, which knows no barring.
Done BarRecord(Workplace& place);
Done UnbarRecord(Workplace& place);

// Of the request, checked.
Result<RecordName, Trouble> NameOfRequest(Workplace& place);

// "added user gorst in north.gov".
void TellDone(Workplace& place, const std::string& verb, const RecordName& record);

// What the relay would say to this record; nothing when it can read it.
std::optional<std::string> ProblemOf(Kind kind, const redis::Reply& value);

// The keys besides the record's own that lead to it, and to whom they lead.
struct Pointer {
  std::string key;
  std::string name;
};
std::vector<Pointer> PointersOf(const Request& request, const RecordName& record);

}  // namespace culvert::auth::admin
