#include "server/net/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "server/net/file_watch.h"
#include "server/net/machine.h"
#include "server/net/signals.h"

namespace culvert::net {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Optional;

// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string path = ::testing::TempDir() + "/culvert-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) std::abort();
    path_ = path;
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }
  std::string Write(const std::string& name, const std::string& content) const {
    std::filesystem::path file = path_ + "/" + name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::trunc) << content;
    return file;
  }
  std::string Read(const std::string& name) const {
    std::ifstream in(path_ + "/" + name);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

 private:
  std::string path_;
};

// What `run` returns in a process of its own, so that this one keeps its rights and limits.
std::string InChild(const std::function<std::string()>& run) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  pid_t child = fork();
  if (child == 0) {
    std::string text = run();
    ssize_t ignored = write(ends[1], text.data(), text.size());
    _exit(ignored < 0 ? 1 : 0);
  }
  close(ends[1]);
  std::string text;
  char chunk[256];
  ssize_t n;
  while ((n = read(ends[0], chunk, sizeof chunk)) > 0) text.append(chunk, static_cast<size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? text : "killed";
}

TEST(MachineTest, AQuotaOfVersion2IsRoundedUp) {
  Folder root;
  root.Write("proc/self/cgroup", "0::/pod/relay\n");
  root.Write("sys/fs/cgroup/pod/relay/cpu.max", "150000 100000\n");
  EXPECT_THAT(CgroupCpuLimit(root.path()), Optional(2u));
}

TEST(MachineTest, TheSmallestQuotaOnTheWayCounts) {
  Folder root;
  root.Write("proc/self/cgroup", "0::/pod/relay\n");
  root.Write("sys/fs/cgroup/pod/relay/cpu.max", "800000 100000\n");
  root.Write("sys/fs/cgroup/pod/cpu.max", "300000 100000\n");
  root.Write("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_THAT(CgroupCpuLimit(root.path()), Optional(3u));
}

TEST(MachineTest, AContainerThatSeesItsGroupAsTheRootFindsItsQuota) {
  Folder root;
  root.Write("proc/self/cgroup", "0::/kubepods/besteffort/abc\n");
  root.Write("sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_THAT(CgroupCpuLimit(root.path()), Optional(1u));
}

TEST(MachineTest, AQuotaOfVersion1Counts) {
  Folder root;
  root.Write("proc/self/cgroup", "5:cpuset:/\n4:cpu,cpuacct:/docker/x\n0::/\n");
  root.Write("sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us", "250000\n");
  root.Write("sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us", "100000\n");
  EXPECT_THAT(CgroupCpuLimit(root.path()), Optional(3u));
}

TEST(MachineTest, NoQuotaIsNoLimit) {
  Folder root;
  EXPECT_EQ(CgroupCpuLimit(root.path()), std::nullopt);
  root.Write("proc/self/cgroup", "4:cpu:/\n0::/\nnonsense\n");
  root.Write("sys/fs/cgroup/cpu.max", "max 100000\n");
  root.Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  root.Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CgroupCpuLimit(root.path()), std::nullopt);
}

TEST(MachineTest, AffinityAndQuotaBothLimitTheCpus) {
  Folder root;
  root.Write("proc/self/cgroup", "0::/\n");
  root.Write("sys/fs/cgroup/cpu.max", "10000 100000\n");
  EXPECT_EQ(UsableCpus(root.path()), 1u);
  root.Write("sys/fs/cgroup/cpu.max", "99900000 100000\n");
  EXPECT_EQ(InChild([&] {
              cpu_set_t before;
              sched_getaffinity(0, sizeof before, &before);
              cpu_set_t one;
              CPU_ZERO(&one);
              for (size_t cpu = 0; CPU_COUNT(&one) == 0; ++cpu) {
                if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
              }
              sched_setaffinity(0, sizeof one, &one);
              return std::to_string(UsableCpus(root.path()));
            }),
            "1");
}

TEST(MachineTest, LocalAddressesAreThoseOfInterfacesThatAreUp) {
  EXPECT_THAT(LocalAddresses(), Contains(IpAddress::V4(127, 0, 0, 1)));
}

TEST(MachineTest, TheDomainIsWhatFollowsTheHostsName) {
  Folder root;
  root.Write("etc/hostname", "relay1.example.org\n");
  EXPECT_EQ(HostDomain(root.path()), "example.org");
  root.Write("etc/hostname", "relay1.example.org.\n");
  EXPECT_EQ(HostDomain(root.path()), "example.org");
}

TEST(ProcessTest, UnknownUsersAndGroupsAreNamed) {
  EXPECT_THAT(DropPrivileges("no-such-user", ""),
              Optional(std::string("proc-user no-such-user: there is no such user; create it "
                                   "(useradd --system no-such-user) or name another")));
  EXPECT_THAT(DropPrivileges("", "no-such-group"),
              Optional(std::string("proc-group no-such-group: there is no such group; create it "
                                   "(groupadd --system no-such-group) or name another")));
}

// In a sandbox that knows one user only, nobody can be become, and that is said; else the rights
// are gone for good.
TEST(ProcessTest, PrivilegesAreGoneForGoodOrTheReasonIsSaid) {
  std::string outcome = InChild([]() -> std::string {
    if (ProcessError error = DropPrivileges("65534", "65534")) return *error;
    if (setuid(0) == 0 || setgid(0) == 0) return "came back";
    gid_t groups[64];
    int count = getgroups(64, groups);
    for (int i = 0; i < count; ++i) {
      if (groups[i] == 0) return "kept a group of root";
    }
    return getuid() == 65534 && getgid() == 65534 ? "dropped" : "somebody else";
  });
  EXPECT_THAT(outcome, AnyOf("dropped", HasSubstr("cannot become group 65534: ")));
}

TEST(ProcessTest, TheFileLimitIsRaisedToTheHardLimit) {
  EXPECT_EQ(InChild([] {
              rlimit low{32, 64};
              setrlimit(RLIMIT_NOFILE, &low);
              return std::to_string(RaiseFileLimit());
            }),
            "64");
}

TEST(ProcessTest, ThePidFileHoldsTheNumberOfThisProcess) {
  Folder folder;
  EXPECT_EQ(WritePidFile(folder.path() + "/relay.pid"), std::nullopt);
  EXPECT_EQ(folder.Read("relay.pid"), std::to_string(getpid()) + "\n");
  std::string wrong = folder.path() + "/none/relay.pid";
  EXPECT_THAT(WritePidFile(wrong),
              Optional(std::string("pidfile " + wrong +
                                   ": cannot be written: No such file or directory; give a path in "
                                   "a folder that the relay may write to")));
}

TEST(ProcessTest, ADaemonIsAnotherProcessInTheSameFolder) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::string parent = std::to_string(getpid());
  InChild([&]() -> std::string {
    std::string before = std::filesystem::current_path();
    if (Daemonize()) _exit(1);
    bool same = std::filesystem::current_path() == before && getsid(0) == getpid();
    char answer = same ? 'y' : 'n';
    _exit(write(ends[1], &answer, 1) == 1 ? 0 : 1);
  });
  close(ends[1]);
  char answer = 0;
  EXPECT_EQ(read(ends[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  close(ends[0]);
}

TEST(SignalSetTest, SignalsAreReadInsteadOfEndingTheProcess) {
  std::string seen = InChild([] {
    auto set = SignalSet::Open();
    if (!set) return set.error();
    if (set->Next()) return std::string("too early");
    std::string names;
    for (int number : {SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGPIPE}) {
      raise(number);
      pollfd wait{set->fd(), POLLIN, 0};
      bool readable = poll(&wait, 1, 0) == 1;
      std::optional<Signal> next = set->Next();
      if (readable != next.has_value()) return std::string("readable without a signal");
      names += next ? std::to_string(static_cast<int>(*next)) : "-";
    }
    return names;
  });
  EXPECT_EQ(seen, "12300-");
}

TEST(FileWatchTest, WritingAndReplacingAreChangesOnce) {
  Folder folder;
  std::string cert = folder.Write("cert.pem", "one");
  std::string key = folder.Write("key.pem", "one");
  FileWatch watch({cert, key, ""});
  EXPECT_FALSE(watch.Changed());
  folder.Write("cert.pem", "longer");
  EXPECT_TRUE(watch.Changed());
  EXPECT_FALSE(watch.Changed());
  std::filesystem::rename(folder.Write("key.new", "two"), key);
  EXPECT_TRUE(watch.Changed());
  EXPECT_FALSE(watch.Changed());
}

TEST(FileWatchTest, TouchingAFileIsAChange) {
  Folder folder;
  std::string cert = folder.Write("cert.pem", "same");
  FileWatch watch({cert});
  std::filesystem::last_write_time(
      cert, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_TRUE(watch.Changed());
}

TEST(FileWatchTest, AMissingFileIsNoChangeAndItsReturnIsOne) {
  Folder folder;
  std::string cert = folder.Write("cert.pem", "one");
  FileWatch watch({cert});
  std::filesystem::rename(cert, folder.path() + "/aside.pem");
  EXPECT_FALSE(watch.Changed());
  std::filesystem::rename(folder.path() + "/aside.pem", cert);
  EXPECT_FALSE(watch.Changed()) << "the same file again";
  std::filesystem::remove(cert);
  EXPECT_FALSE(watch.Changed());
  folder.Write("cert.pem", "another");
  EXPECT_TRUE(watch.Changed());
}

// tls.crt -> ..data/tls.crt, ..data -> ..first; an update makes ..second and moves ..data.
TEST(FileWatchTest, AKubernetesSecretThatIsUpdatedIsAChange) {
  namespace fs = std::filesystem;
  Folder folder;
  folder.Write("..first/tls.crt", "same size");
  fs::create_directory_symlink("..first", folder.path() + "/..data");
  fs::create_symlink("..data/tls.crt", folder.path() + "/tls.crt");
  FileWatch watch({folder.path() + "/tls.crt"});
  EXPECT_FALSE(watch.Changed());
  folder.Write("..second/tls.crt", "size same");
  fs::create_directory_symlink("..second", folder.path() + "/..data_tmp");
  fs::rename(folder.path() + "/..data_tmp", folder.path() + "/..data");
  EXPECT_TRUE(watch.Changed());
  EXPECT_FALSE(watch.Changed());
}

}  // namespace
}  // namespace culvert::net
