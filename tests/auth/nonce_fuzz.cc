// Whatever text comes as NONCE, nothing but the very nonces that were handed out is accepted.

#include <cstdlib>
#include <string>
#include <string_view>

#include "auth/nonce.h"

namespace {

using culvert::IpAddress;
using culvert::WallTime;
using culvert::auth::ClusterKey;
using culvert::auth::NonceSealer;
using culvert::auth::NonceVerdict;

// The corpus holds these three, made with the key 00 01 02 ... 1f at 1700000000.
constexpr std::string_view kBoundV4 = "obMatJos2gAAAZVPxAAEjRWeJq83v3J0u-cpH7r2TQapR";
constexpr std::string_view kBoundV6 = "obMatJos2wAAAZVPxAAEjRWeJq83vDK9CkUw9VAjZkcw2";
constexpr std::string_view kUnbound = "obMatJos2AAAAZVPxAAAjRWeJq83vERitqueB7rohMVlA";

NonceSealer MakeSealer() {
  ClusterKey key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i);
  return NonceSealer(key, culvert::seconds(600));
}

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const NonceSealer sealer = MakeSealer();
  static const IpAddress v4 = IpAddress::V4(192, 0, 2, 1);
  static const IpAddress v6 = *IpAddress::Parse("2001:db8::1");
  const std::string_view nonce = culvert::AsText({data, size});
  const WallTime now(culvert::seconds(1700000001));
  const auto accepts = [&](const IpAddress& client, bool over_udp) {
    return sealer.Check(nonce, "culvert.test", client, over_udp, now) == NonceVerdict::kFresh;
  };
  Require(accepts(v4, true) == (nonce == kBoundV4));
  Require(accepts(v6, true) == (nonce == kBoundV6));
  Require(accepts(v4, false) == (nonce == kBoundV4 || nonce == kUnbound));
  Require(accepts(v6, false) == (nonce == kBoundV6 || nonce == kUnbound));
  NonceSealer::FeaturesOf(nonce);
  return 0;
}
