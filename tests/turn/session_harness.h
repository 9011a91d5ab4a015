// A session with a fake clock and recorded effects, and two users who may use it. The session
// starts with its first message, so a test changes settings before that.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "auth/nonce.h"
#include "server/turn/session.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recorded_effects.h"
#include "tests/support/turn_request.h"

namespace culvert::turn {

using stun::AttributeType;
using stun::Class;
using stun::ErrorCode;
using stun::Method;

// `a` and then `b`.
Lines operator+(Lines a, const Lines& b);

class SessionHarness : public ::testing::Test {
 protected:
  SessionHarness();

  // --- the world, to be changed before the first message
  FakeClock clock;
  Settings settings;
  PeerRules rules;
  Path path;
  seconds nonce_lifetime{600};
  FailureLimits* failures = nullptr;
  RecordedEffects effects;
  const TestUser alice{"alice", "north", "example.org"};
  const TestUser bob{"bob", "south", "example.org"};

  // A user with this key whom look-ups find.
  void AddUser(const TestUser& user, std::string subject, WallTime expiry = auth::kNoExpiry,
               auth::Policy policy = {});

  // --- the session
  Session& session();
  // A session of its own for what `path` says now; the old one is gone.
  void NewSession();
  // A nonce as this session would hand it out now, for the default realm or another one.
  std::string Nonce() { return NonceBoundTo(path); }
  std::string Nonce(std::string_view realm) { return NonceOf(realm, path); }
  std::string NonceBoundTo(const Path& other);

  // Sends what stands there and returns the effects.
  Lines Send(const TurnRequest& request);
  // Sends it signed by `user`, with a fresh nonce. Replies are verified under the user's key.
  Lines Ask(TurnRequest request) { return Ask(alice, std::move(request)); }
  Lines Ask(const TestUser& user, TurnRequest request);

  // Makes a UDP or a TCP allocation for alice; both are transaction 1. Its effects are forgotten.
  void AllocateUdp();
  void AllocateDual();
  void AllocateTcp();
  // Lets time pass, calling the timer at each deadline; returns the effects.
  Lines Pass(seconds time);
  // As its worker does for all of its sessions.
  void StartDraining();

  // --- what is expected
  // A success answer with integrity, and its count.
  static Lines Success(const char* method, int number, const std::string& attributes = "");
  // An error answer with integrity, and its count.
  static Lines Refusal(const char* method, int number, int code);

 private:
  std::string NonceOf(std::string_view realm, const Path& other);

  std::unique_ptr<auth::NonceSealer> nonces_;
  std::unique_ptr<PeerPolicy> policy_;
  std::unique_ptr<Shared> shared_;
  std::unique_ptr<Session> session_;
};

}  // namespace culvert::turn
