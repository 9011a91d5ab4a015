// One bootstrapping and what follows from it; tests/auth/gba_test.cc shows how.
//
// CK, IK and RAND are those of MILENAGE's test set 1 (TS 35.207); the B-TID has its RAND's form (TS
// 33.220 section 4.5.2).
#pragma once

#include <string_view>

namespace culvert::testing::gba {

inline constexpr const char* kImpi = "user1_private@home1.net";
inline constexpr const char* kBTid = "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net";
inline constexpr const char* kNaf = "turn1.home1.net";
inline constexpr const char* kRealm = "3GPP-bootstrapping@turn1.home1.net";
// CK and IK.
inline constexpr const char* kKs =
    "b40ba9a3c58b2a05bbf0d987b21bf8cbf769bcd751044604127672711c6d3441";
inline constexpr const char* kRand = "23553cbe9637a89d218ae64dae47bf35";
// For kNaf and HTTP Digest (Ua 0100000002).
inline constexpr const char* kKsNaf =
    "4b51353b588fe4a4d003290278444c909c532749253894709b0bdecfb0382e6e";
// The same as a UE uses it.
inline constexpr const char* kPassword = "S1E1O1iP5KTQAykCeERMkJxTJ0klOJRwmwvez7A4Lm4=";

}  // namespace culvert::testing::gba
