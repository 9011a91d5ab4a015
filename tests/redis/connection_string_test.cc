#include "server/redis/connection_string.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace culvert::redis {
namespace {

std::shared_ptr<const Settings> Parse(const std::string& text) {
  auto settings = ParseConnectionString(text);
  if (!settings) {
    ADD_FAILURE() << text << ": " << settings.error();
    return std::make_shared<Settings>();
  }
  return settings.value();
}

std::string ErrorOf(const std::string& text) {
  const auto settings = ParseConnectionString(text);
  return settings ? "(none)" : settings.error();
}

std::string Servers(const Settings& settings) {
  std::string all;
  for (const ServerName& server : settings.servers) all += server.ToString() + " ";
  return all;
}

TEST(ConnectionStringTest, AnEmptyTextIsTheLocalServerOnItsUsualPort) {
  const auto settings = Parse("");
  EXPECT_EQ(settings->shape, Settings::Shape::kSingle);
  EXPECT_EQ(Servers(*settings), "127.0.0.1:6379 ");
  EXPECT_EQ(settings->database, 0);
  EXPECT_TRUE(settings->credentials.empty());
  EXPECT_FALSE(settings->tls.on);
  EXPECT_TRUE(settings->tls.verify);
  EXPECT_EQ(settings->connect_timeout, seconds(5));
}

TEST(ConnectionStringTest, TheLineOfCoturnsManualIsTaken) {
  const auto settings =
      Parse("ip=192.0.2.7 dbname=2 user=relay password=rabbit=hole port=6380 connect_timeout=30");
  EXPECT_EQ(Servers(*settings), "192.0.2.7:6380 ");
  EXPECT_EQ(settings->database, 2);
  EXPECT_EQ(settings->credentials.user, "relay");
  EXPECT_EQ(settings->credentials.password.view(), "rabbit=hole");
  EXPECT_EQ(settings->connect_timeout, seconds(30));
}

TEST(ConnectionStringTest, EachOfCoturnsNamesForAWordIsTaken) {
  for (const std::string name : {"host", "ip", "addr", "ipaddr", "hostaddr"}) {
    EXPECT_EQ(Servers(*Parse(name + "=redis.test")), "redis.test:6379 ") << name;
  }
  for (const std::string name : {"dbname", "db", "database"}) {
    EXPECT_EQ(Parse(name + "=7")->database, 7) << name;
  }
  for (const std::string name : {"user", "uname", "name", "username"}) {
    EXPECT_EQ(Parse(name + "=relay")->credentials.user, "relay") << name;
  }
  for (const std::string name : {"password", "pwd", "passwd", "secret"}) {
    EXPECT_EQ(Parse(name + "=hole")->credentials.password.view(), "hole") << name;
  }
  for (const std::string name : {"port", "p"}) {
    EXPECT_EQ(Servers(*Parse(name + "=1")), "127.0.0.1:1 ") << name;
  }
  for (const std::string name : {"connect_timeout", "timeout"}) {
    EXPECT_EQ(Parse(name + "=0.25")->connect_timeout, milliseconds(250)) << name;
  }
  for (const std::string name : {"tls", "ssl"}) EXPECT_TRUE(Parse(name + "=true")->tls.on) << name;
  for (const std::string name : {"ca", "cacert", "tls-ca"}) {
    EXPECT_EQ(Parse(name + "=/a.pem")->tls.ca_file, "/a.pem") << name;
  }
  for (const std::string name : {"capath", "tls-capath"}) {
    EXPECT_EQ(Parse(name + "=/a")->tls.ca_path, "/a") << name;
  }
  for (const std::string name : {"cert", "tls-cert"}) {
    EXPECT_EQ(Parse(name + "=/a.pem")->tls.cert_file, "/a.pem") << name;
  }
  for (const std::string name : {"clientkey", "tls-key"}) {
    EXPECT_EQ(Parse(name + "=/a.pem")->tls.key_file, "/a.pem") << name;
  }
  for (const std::string name : {"sni", "servername", "tls-sni"}) {
    EXPECT_EQ(Parse(name + "=redis.test")->tls.server_name, "redis.test") << name;
  }
  for (const std::string name : {"verify", "tls-verify"}) {
    EXPECT_FALSE(Parse(name + "=none")->tls.verify) << name;
    EXPECT_TRUE(Parse(name + "=peer")->tls.verify) << name;
  }
}

TEST(ConnectionStringTest, BlanksSeparateAndTheLastOfTwoEqualWordsCounts) {
  const auto settings = Parse("  ip=192.0.2.1\t dbname=1   ip=192.0.2.2  ");
  EXPECT_EQ(Servers(*settings), "192.0.2.2:6379 ");
  EXPECT_EQ(settings->database, 1);
}

TEST(ConnectionStringTest, AnAddressOfTheNewKindMayHaveBrackets) {
  EXPECT_EQ(Servers(*Parse("ip=[2001:db8::1] port=1")), "[2001:db8::1]:1 ");
  EXPECT_EQ(Servers(*Parse("ip=2001:db8::1")), "[2001:db8::1]:6379 ");
}

TEST(ConnectionStringTest, AnAddressHoldsNoZero) {
  EXPECT_EQ(ErrorOf("ip=2001:db8::1" + std::string(1, '\0') + "x"),
            "ip= takes a host name or an IP address");
}

TEST(ConnectionStringTest, ASocketIsNamedByItsPath) {
  EXPECT_EQ(Servers(*Parse("path=/run/redis.sock dbname=1")), "/run/redis.sock ");
}

TEST(ConnectionStringTest, SentinelsAreAListWithTheNameOfThePrimary) {
  const auto settings = Parse(
      "sentinel=192.0.2.1,sentinel.test:1,[2001:db8::1]:2,2001:db8::2 master=turn "
      "sentinel_user=s sentinel_password=t password=u");
  EXPECT_EQ(settings->shape, Settings::Shape::kSentinel);
  EXPECT_EQ(Servers(*settings),
            "192.0.2.1:26379 sentinel.test:1 [2001:db8::1]:2 [2001:db8::2]:26379 ");
  EXPECT_EQ(settings->master_name, "turn");
  EXPECT_EQ(settings->sentinel_credentials.user, "s");
  EXPECT_EQ(settings->sentinel_credentials.password.view(), "t");
  EXPECT_EQ(settings->credentials.password.view(), "u");
}

TEST(ConnectionStringTest, AClusterIsAListOfSomeOfItsNodes) {
  const auto settings = Parse("cluster=redis-0,redis-1:7000 command_timeout=2");
  EXPECT_EQ(settings->shape, Settings::Shape::kCluster);
  EXPECT_EQ(Servers(*settings), "redis-0:6379 redis-1:7000 ");
  EXPECT_EQ(settings->command_timeout, seconds(2));
}

TEST(ConnectionStringTest, UrlsAreTaken) {
  const auto plain = Parse("redis://redis.test");
  EXPECT_EQ(Servers(*plain), "redis.test:6379 ");
  EXPECT_FALSE(plain->tls.on);
  const auto full = Parse("rediss://relay:a%40b%2Fc@[2001:db8::1]:6380/3?connect_timeout=7 ca=/a");
  EXPECT_EQ(Servers(*full), "[2001:db8::1]:6380 ");
  EXPECT_TRUE(full->tls.on);
  EXPECT_EQ(full->credentials.user, "relay");
  EXPECT_EQ(full->credentials.password.view(), "a@b/c");
  EXPECT_EQ(full->database, 3);
  EXPECT_EQ(full->connect_timeout, seconds(7));
  EXPECT_EQ(full->tls.ca_file, "/a");
  EXPECT_EQ(Parse("redis://:hole@redis.test")->credentials.password.view(), "hole");
  EXPECT_EQ(Servers(*Parse("redis://:hole@/2")), "127.0.0.1:6379 ");
  const auto socket = Parse("unix://relay:hole@/run/redis.sock?dbname=4");
  EXPECT_EQ(Servers(*socket), "/run/redis.sock ");
  EXPECT_EQ(socket->credentials.user, "relay");
  EXPECT_EQ(socket->database, 4);
}

TEST(ConnectionStringTest, AValueThatIsNotAllowedIsRefusedWithWhatIs) {
  EXPECT_EQ(ErrorOf("port=0"), "port= takes 1 to 65535");
  EXPECT_EQ(ErrorOf("p=65536"), "p= takes 1 to 65535");
  EXPECT_EQ(ErrorOf("port=6379x"), "port= takes 1 to 65535");
  EXPECT_EQ(ErrorOf("ip="), "ip= takes a host name or an IP address");
  EXPECT_EQ(ErrorOf("ip=re/dis"), "ip= takes a host name or an IP address");
  EXPECT_EQ(ErrorOf("ip=1:2"), "ip= takes a host name or an IP address");
  EXPECT_EQ(ErrorOf("dbname=-1"), "dbname= takes the number of a database, from 0");
  EXPECT_EQ(ErrorOf("dbname=99999999999"), "dbname= takes the number of a database, from 0");
  EXPECT_EQ(ErrorOf("timeout=3601"), "timeout= takes seconds, up to 3600");
  EXPECT_EQ(ErrorOf("timeout=nan"), "timeout= takes seconds, up to 3600");
  EXPECT_EQ(ErrorOf("tls=maybe"), "tls= takes true or false");
  EXPECT_EQ(ErrorOf("verify=client"), "verify= takes peer or none");
  EXPECT_EQ(ErrorOf("path=redis.sock"),
            "path= takes the absolute path of a unix socket, up to 107 bytes");
  EXPECT_EQ(ErrorOf("sentinel=a,,b master=c"), "sentinel= takes host[:port][,host[:port]...]");
  EXPECT_EQ(ErrorOf("cluster=a:0"), "cluster= takes host[:port][,host[:port]...]");
}

TEST(ConnectionStringTest, WordsThatContradictEachOtherAreRefused) {
  const std::string one_way =
      "of ip= (with port=), path=, sentinel= and cluster= only one can be given";
  EXPECT_EQ(ErrorOf("ip=192.0.2.1 path=/a"), one_way);
  EXPECT_EQ(ErrorOf("cluster=a port=1"), one_way);
  EXPECT_EQ(ErrorOf("cluster=a sentinel=b master=c"), one_way);
  EXPECT_EQ(ErrorOf("sentinel=a"), "sentinel= needs master=, the name of the primary");
  EXPECT_EQ(ErrorOf("master=a"), "master=, sentinel_user= and sentinel_password= need sentinel=");
  EXPECT_EQ(ErrorOf("cluster=a dbname=1"), "a cluster has no database but dbname=0");
  EXPECT_EQ(ErrorOf("path=/a tls=true"), "tls= and path= exclude each other");
}

TEST(ConnectionStringTest, AnUnknownWordIsNamedBesideThoseThatAreKnown) {
  EXPECT_EQ(ErrorOf("ip=192.0.2.1 prot=6379"),
            "the connection string's word 2 (prot) is not known; known are: host, port, dbname, "
            "user, password, connect_timeout, tls, ca, capath, cert, clientkey, sni, verify, path, "
            "sentinel, master, sentinel_user, sentinel_password, cluster, command_timeout, "
            "client_name");
  EXPECT_EQ(ErrorOf("redis.test:6379"),
            "the connection string's word 1 is not of the form word=value");
}

// No part of a password reaches a log, however it was mistyped.
TEST(ConnectionStringTest, ErrorsShowNoPassword) {
  for (const std::string text : {
           "password=white hatter",
           "password=white hatter=x",
           "password=white hatter=x port=0",
           "passwort=hatter",
           "hatter",
           "redis://:hatter@redis.test:0",
           "redis://:hatter/white@redis.test",
           "redis://:white/hatter@redis.test",
           "redis://:white@hatter@redis.test/x",
           "redis://:hatter%@redis.test",
           "redis://redis.test?password=hatter%",
           "redis://redis.test?hatter",
           "ip=192.0.2.1 user=a:hatter",
       }) {
    const std::string error = ErrorOf(text);
    if (error == "(none)") continue;  // taken as it is: a user's name may be anything
    EXPECT_EQ(error.find("hatter"), std::string::npos) << error;
    EXPECT_EQ(error.find("white"), std::string::npos) << error;
  }
}

}  // namespace
}  // namespace culvert::redis
