#include "preload/attach/allocator_imports.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "libtrack/log/unseen_call.h"
#include "tests/support/module_image.h"

namespace mqtrack::redirection {
namespace {

using testing::MakeModuleImage;
using testing::ModuleImage;
using testing::ModuleSegments;

/// A module with two symbols, "malloc" and one that each test names.
class AllocatorImportsTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kNameAt = 16;
  LoadedModule Load(const char* name, unsigned char binding, ElfW(Section) section) {
    std::strcpy(image_->strings + kNameAt, name);
    image_->symbols[2].st_name = kNameAt;
    image_->symbols[2].st_info = static_cast<unsigned char>(ELF64_ST_INFO(binding, STT_FUNC));
    image_->symbols[2].st_shndx = section;
    return LoadedModule(segments_.info);
  }
  std::unique_ptr<ModuleImage> image_ = std::make_unique<ModuleImage>(MakeModuleImage());
  ModuleSegments segments_{image_.get(), sizeof(ModuleImage), sizeof image_->code, 0, sizeof image_->dynamic};
};

TEST_F(AllocatorImportsTest, FindsWhatIsImported) {
  const LoadedModule module = Load("sdallocx", STB_GLOBAL, SHN_UNDEF);
  std::size_t next = 1;
  const AllocatorImport import = NextAllocatorImport(module, next);
  ASSERT_NE(import.name, nullptr);
  EXPECT_STREQ(import.name, "sdallocx");
  EXPECT_FALSE(import.is_weak);
  EXPECT_EQ(NextAllocatorImport(module, next).name, nullptr);
  EXPECT_FALSE(Defines(module, "sdallocx"));
}

TEST_F(AllocatorImportsTest, TellsWeakReferences) {
  std::size_t next = 1;
  EXPECT_TRUE(NextAllocatorImport(Load("mallocx", STB_WEAK, SHN_UNDEF), next).is_weak);
}

TEST_F(AllocatorImportsTest, WhoDefinesItDoesNotImportIt) {
  const LoadedModule module = Load("tc_malloc", STB_GLOBAL, 7);
  std::size_t next = 1;
  EXPECT_EQ(NextAllocatorImport(module, next).name, nullptr);
  EXPECT_TRUE(Defines(module, "tc_malloc"));
  EXPECT_FALSE(Defines(module, "mallocx"));
}

TEST_F(AllocatorImportsTest, ANameWithoutAnEndIsNone) {
  const LoadedModule module = Load("mallocx", STB_GLOBAL, SHN_UNDEF);
  std::memset(image_->strings + kNameAt, 'm', sizeof image_->strings - kNameAt);
  std::size_t next = 1;
  EXPECT_EQ(NextAllocatorImport(module, next).name, nullptr);
  EXPECT_FALSE(Defines(module, "mallocx"));
}

TEST(AllocatorsOwn, KnowsThreeAllocators) {
  for (const char* name : {"mallocx",
                           "rallocx",
                           "xallocx",
                           "dallocx",
                           "sdallocx",
                           "je_mallocx",
                           "je_malloc",
                           "tc_malloc",
                           "tc_free_sized",
                           "tc_new",
                           "tc_newarray_nothrow",
                           "tc_delete_sized_aligned",
                           "tc_deletearray",
                           "mi_malloc",
                           "mi_zalloc_aligned",
                           "mi_heap_malloc_small",
                           "mi_heap_destroy",
                           "mi_free",
                           "mi_free_size",
                           "mi_strdup",
                           "mi_new_nothrow"}) {
    EXPECT_TRUE(log::IsAllocatorsOwn(name)) << name;
  }
}

TEST(AllocatorsOwn, LeavesTheRestAlone) {
  // Hooked ones, ones that make and free nothing, and others' names.
  for (const char* name : {"",
                           "malloc",
                           "free",
                           "sallocx",
                           "nallocx",
                           "mallctl",
                           "tc_nallocx",
                           "tc_malloc_size",
                           "tc_malloc_stats",
                           "tc_version",
                           "tc_newest",
                           "mi_usable_size",
                           "mi_collect",
                           "mi_version",
                           "mi_heap_new",
                           "mi_heap_delete",
                           "je_mallctl",
                           "mallocxx",
                           "tc_",
                           "mi_",
                           "mi_heap_"}) {
    EXPECT_FALSE(log::IsAllocatorsOwn(name)) << name;
  }
}

}  // namespace
}  // namespace mqtrack::redirection
