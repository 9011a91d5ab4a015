// The end of every answer: SOFTWARE, integrity, FINGERPRINT, in that order (RFC 8489 section 14).
#include "server/base/check.h"
#include "server/turn/request.h"

namespace culvert::turn {
namespace {

using stun::AttributeType;
using stun::Method;

// RFC 8489 section 6.1: what passes every IPv4 path when the MTU is unknown, less IP and UDP
// headers.
constexpr size_t kUnfragmentedSize = 548;
constexpr size_t kIntegrityAndFingerprintSize = stun::kAttributeHeaderSize + stun::kSha256Size + 8;

// RFC 8656 section 5 wants it in answers to Allocate and Refresh; elsewhere it would only be bytes.
bool WantsSoftware(Method method, bool error) {
  return error || method == Method::kBinding || method == Method::kAllocate ||
         method == Method::kRefresh;
}

}  // namespace

void Session::Send(Answer& answer) {
  const AnswerTo& to = answer.to_;
  if (to.unproven && answer.code_ != 0 && !effects_.MayAnswerUnproven()) return;
  const std::string& software = shared_.settings.software;
  const size_t size_with_software = answer.attributes.size() + stun::kAttributeHeaderSize +
                                    software.size() + 3 + kIntegrityAndFingerprintSize;
  if (!software.empty() && !to.unproven && WantsSoftware(to.method, answer.code_ != 0) &&
      size_with_software <= kUnfragmentedSize) {
    answer.attributes.AddText(AttributeType::kSoftware, software);
  }
  if (to.credential) answer.attributes.AddIntegrity(to.kind, to.key);
  if (to.fingerprint) answer.attributes.AddFingerprint();

  const ByteView message = answer.attributes.Finish();
  if (!CULVERT_CHECK("turn-answer-fits-buffer", !message.empty())) return;
  effects_.Reply(message);
  effects_.CountRequest(to.method, answer.code_);
}

void Session::Refuse(const AnswerTo& to, stun::ErrorCode code) {
  Answer answer(to, code);
  Send(answer);
}

}  // namespace culvert::turn
