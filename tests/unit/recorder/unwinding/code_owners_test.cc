#include "preload/recorder/unwinding/code_owners.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "preload/recorder/unwinding/rule_cache.h"

namespace mqtrack::recorder {
namespace {

TEST(CodeOwners, TellsWhoComesIntoAnothersPlace) {
  CodeOwners owners;
  EXPECT_FALSE(owners.Note({0x1000, 0x2000, 1}));
  EXPECT_FALSE(owners.Note({0x2000, 0x3000, 1})) << "a neighbour";
  EXPECT_FALSE(owners.Note({0x1000, 0x2000, 1})) << "the same again";
  EXPECT_TRUE(owners.Note({0x1000, 0x2000, 2})) << "another of the same size";
  EXPECT_FALSE(owners.Note({0x1000, 0x2000, 2}));
  EXPECT_TRUE(owners.Note({0x1800, 0x2800, 3})) << "across both";
  EXPECT_FALSE(owners.Note({0x1000, 0x1800, 4})) << "where nobody is any more";
}

TEST(CodeOwners, ForgetsTheOldestWhenThereAreVeryMany) {
  CodeOwners owners;
  for (std::uint64_t i = 1; i <= 1000; ++i) EXPECT_FALSE(owners.Note({i << 20, (i << 20) + 4096, i}));
  EXPECT_TRUE(owners.Note({std::uint64_t{1000} << 20, (std::uint64_t{1000} << 20) + 4096, 1}));
  EXPECT_FALSE(owners.Note({std::uint64_t{1} << 20, (std::uint64_t{1} << 20) + 4096, 1000}));
}

// Nothing here hooks dlclose, so it is as if the C library had unloaded the object by itself.
TEST(CodeOwners, AnObjectThatIsMetAgainIsNoOther) {
  InitialiseCfi();
  void* library = ::dlopen("libm.so.6", RTLD_NOW);
  ASSERT_NE(library, nullptr);
  const auto code = reinterpret_cast<std::uint64_t>(::dlsym(library, "cbrt"));
  (void)CachedRule(code);
  const std::uint64_t era = rule_era;
  for (std::uint64_t pc = code + 1; pc < code + 20; ++pc) (void)CachedRule(pc);
  EXPECT_EQ(rule_era, era);
  ::dlclose(library);
}

}  // namespace
}  // namespace mqtrack::recorder
