#include "preload/recorder/stacks/module_table.h"

#include <dlfcn.h>
#include <sys/resource.h>

#include <filesystem>

#include "preload/recorder/unwinding/cfi.h"
#include "tests/unit/recorder/recording_fixture.h"

namespace mqtrack::recorder {
namespace {

using ModuleTableTest = RecordingTest;

// A thread that closes numbers it does not own, or a service at its limit, must not meet a descriptor of ours.
TEST_F(ModuleTableTest, FindsPathsWithoutADescriptor) {
  InitialiseCfi();
  LogFile file;
  const char* why = nullptr;
  ASSERT_TRUE(file.Create(settings_, why)) << why;
  ModuleTable table;
  ASSERT_TRUE(table.Create(file));
  void* library = ::dlopen("libm.so.6", RTLD_NOW);
  ASSERT_NE(library, nullptr);
  void* function = ::dlsym(library, "cbrt");
  Dl_info info{};
  ASSERT_NE(::dladdr(function, &info), 0);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  table.Note(reinterpret_cast<std::uint64_t>(function));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_EQ(table.count(), 2u);
  for (const log::Segment& segment : file.header().segments) {
    if (segment.kind != static_cast<std::uint32_t>(log::SegmentKind::kModules)) continue;
    EXPECT_EQ(std::filesystem::path(file.At<log::Module>(segment.offset)[1].path),
              std::filesystem::canonical(info.dli_fname));
  }
  ::dlclose(library);
}

}  // namespace
}  // namespace mqtrack::recorder
