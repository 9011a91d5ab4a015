// Binding (RFC 8489 section 12): tells the client its address as seen from here.
#include "server/turn/request.h"

namespace culvert::turn {

void Session::ServeBinding(Request& request) {
  Answer answer(request.answer_to);
  answer.attributes.AddXorAddress(stun::AttributeType::kXorMappedAddress, path_.client.endpoint());
  Send(answer);
}

}  // namespace culvert::turn
