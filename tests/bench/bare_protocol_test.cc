#include "tests/bench/bare_protocol.h"

#include <gtest/gtest.h>

namespace culvert::bench {
namespace {

TEST(BareProtocolTest, AHelloIsAFrameOfItsChannelWithTheAddress) {
  const Hello hello = MakeHello(Endpoint(IpAddress::V4(127, 0, 0, 1), 0x1234));
  EXPECT_EQ(hello, (Hello{0x7f, 0xff, 0, 8, 127, 0, 0, 1, 0x12, 0x34, 0, 0}));
}

TEST(BareProtocolTest, WhatAHelloNamesIsReadBack) {
  const Endpoint endpoint(IpAddress::V4(192, 0, 2, 7), 40000);
  const auto read = ParseHello(MakeHello(endpoint));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, endpoint);
}

TEST(BareProtocolTest, OtherFramesAreNoHellos) {
  Hello hello = MakeHello(Endpoint(IpAddress::V4(127, 0, 0, 1), 1));
  EXPECT_FALSE(ParseHello(ByteView(hello).first(11)));
  hello[0] = 0x40;
  EXPECT_FALSE(ParseHello(hello));
}

}  // namespace
}  // namespace culvert::bench
