#include "preload/attach/loaded_module.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <memory>
#include <string>

#include "preload/attach/relocations.h"
#include "tests/support/module_image.h"

namespace mqtrack::redirection {
namespace {

using testing::MakeModuleImage;
using testing::ModuleImage;
using testing::ModuleSegments;

constexpr std::uint64_t kFar = std::uint64_t{1} << 40;

/// An image in memory of exactly its size, so that a sanitizer sees the first byte read beyond it.
class LoadedModuleTest : public ::testing::Test {
 protected:
  ModuleImage& image() { return *image_; }
  ElfW(Dyn) & Entry(ElfW(Sxword) tag) {
    for (ElfW(Dyn) & entry : image_->dynamic) {
      if (entry.d_tag == tag) return entry;
    }
    return image_->dynamic[11];
  }
  void Set(ElfW(Sxword) tag, std::uint64_t value) { Entry(tag).d_un.d_val = value; }
  [[nodiscard]] LoadedModule Load() const { return LoadedModule(segments_.info); }

  /// Name of the symbol that the relocation means; empty if there is none.
  static std::string NameOf(const LoadedModule& module, const ElfW(Rela) & relocation) {
    const ElfW(Sym)* symbol = module.Symbol(SymbolOf(relocation));
    std::size_t bytes = 0;
    const char* name = symbol != nullptr ? module.Name(*symbol, bytes) : nullptr;
    return name != nullptr ? std::string(name, bytes) : std::string();
  }

  std::unique_ptr<ModuleImage> image_ = std::make_unique<ModuleImage>(MakeModuleImage());
  ModuleSegments segments_{image_.get(), sizeof(ModuleImage), sizeof image_->code, 0, sizeof image_->dynamic};
};

TEST_F(LoadedModuleTest, ReadsAWellFormedOne) {
  const LoadedModule module = Load();
  ASSERT_TRUE(module.usable());
  EXPECT_EQ(module.symbol_count(), 3u);
  ASSERT_EQ(module.of_calls().count, 1u);
  ASSERT_EQ(module.of_data().count, 1u);
  EXPECT_EQ(KindOfSlot(module.of_calls().first[0]), SlotKind::kCall);
  EXPECT_EQ(NameOf(module, module.of_calls().first[0]), "malloc");
  EXPECT_EQ(KindOfSlot(module.of_data().first[0]), SlotKind::kPointer);
  EXPECT_EQ(NameOf(module, module.of_data().first[0]), "free");
  const std::uintptr_t slot = module.bias() + module.of_calls().first[0].r_offset;
  EXPECT_EQ(slot, reinterpret_cast<std::uintptr_t>(&image().call_slot));
  EXPECT_TRUE(module.IsWritableData(slot));
  EXPECT_FALSE(module.IsWritableData(slot + 1));
  EXPECT_TRUE(module.IsCode(reinterpret_cast<std::uintptr_t>(image().code)));
  EXPECT_FALSE(module.IsCode(slot));
  EXPECT_FALSE(module.IsWritableData(reinterpret_cast<std::uintptr_t>(image().code)));
}

TEST_F(LoadedModuleTest, BelievesAddressesThatTheLoaderHasMadeAbsolute) {
  Set(DT_SYMTAB, reinterpret_cast<std::uintptr_t>(image().symbols));
  Set(DT_STRTAB, reinterpret_cast<std::uintptr_t>(image().strings));
  const LoadedModule module = Load();
  ASSERT_TRUE(module.usable());
  EXPECT_EQ(NameOf(module, module.of_calls().first[0]), "malloc");
}

TEST_F(LoadedModuleTest, CountsSymbolsByTheGnuHashTable) {
  Entry(DT_HASH) = {DT_GNU_HASH, {offsetof(ModuleImage, gnu_hash)}};
  EXPECT_EQ(Load().symbol_count(), 2u);
  image().gnu_hash[0] = std::numeric_limits<std::uint32_t>::max();  // more buckets than there is memory
  EXPECT_EQ(Load().symbol_count(), 0u);
  image().gnu_hash[0] = 1;
  image().gnu_hash[2] = std::numeric_limits<std::uint32_t>::max();
  EXPECT_EQ(Load().symbol_count(), 0u);
  image().gnu_hash[2] = 1;
  image().gnu_hash[7] = 0;  // a chain without an end goes on to the end of the memory and no further
  EXPECT_GT(Load().symbol_count(), 2u);
}

TEST_F(LoadedModuleTest, RefusesTablesOutsideOfItsSegments) {
  for (const ElfW(Sxword) tag : {DT_SYMTAB, DT_STRTAB}) {
    for (const std::uint64_t value : {kFar, ~std::uint64_t{0}, std::uint64_t{sizeof(ModuleImage)}}) {
      image() = MakeModuleImage();
      Set(tag, value);
      EXPECT_FALSE(Load().usable()) << tag << " " << value;
    }
  }
}

TEST_F(LoadedModuleTest, RefusesAStringTableThatIsLongerThanItsSegment) {
  for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{sizeof(ModuleImage)}, ~std::uint64_t{0}}) {
    Set(DT_STRSZ, bytes);
    EXPECT_FALSE(Load().usable()) << bytes;
  }
}

TEST_F(LoadedModuleTest, RefusesSymbolsOfAnotherSizeOrUnaligned) {
  Set(DT_SYMENT, 16);
  EXPECT_FALSE(Load().usable());
  Set(DT_SYMENT, sizeof(ElfW(Sym)));
  Set(DT_SYMTAB, offsetof(ModuleImage, symbols) + 4);
  EXPECT_FALSE(Load().usable());
}

TEST_F(LoadedModuleTest, IgnoresRelocationsThatLeadOut) {
  Set(DT_RELASZ, ~std::uint64_t{0});
  Set(DT_PLTRELSZ, sizeof(ModuleImage));
  const LoadedModule module = Load();
  EXPECT_TRUE(module.usable());
  EXPECT_EQ(module.of_data().count, 0u);
  EXPECT_EQ(module.of_calls().count, 0u);
  Set(DT_RELASZ, sizeof(ElfW(Rela)) + 5);  // cut within the second
  EXPECT_EQ(Load().of_data().count, 1u);
}

TEST_F(LoadedModuleTest, IgnoresCallsWithoutAddends) {
  Set(DT_PLTREL, DT_REL);
  EXPECT_EQ(Load().of_calls().count, 0u);
}

TEST_F(LoadedModuleTest, HasNoSymbolBeyondTheTable) {
  image().calls[0].r_info = ELF64_R_INFO(std::uint64_t{0xffffffff}, R_X86_64_JUMP_SLOT);
  const LoadedModule module = Load();
  EXPECT_EQ(module.Symbol(SymbolOf(module.of_calls().first[0])), nullptr);
}

TEST_F(LoadedModuleTest, HasNoNameBeyondTheStringsOrWithoutAnEnd) {
  image().symbols[1].st_name = sizeof image().strings;
  EXPECT_EQ(NameOf(Load(), image().calls[0]), "");
  image().symbols[1].st_name = std::numeric_limits<std::uint32_t>::max();
  EXPECT_EQ(NameOf(Load(), image().calls[0]), "");
  image().symbols[1].st_name = 1;
  std::memset(image().strings, 'x', sizeof image().strings);
  EXPECT_EQ(NameOf(Load(), image().calls[0]), "");
}

TEST_F(LoadedModuleTest, HasNoSlotOutsideOfItsData) {
  image().calls[0].r_offset = kFar;
  const LoadedModule module = Load();
  EXPECT_FALSE(module.IsWritableData(module.bias() + module.of_calls().first[0].r_offset));
  image().calls[0].r_offset = ~std::uint64_t{7};
  EXPECT_FALSE(module.IsWritableData(module.bias() + module.of_calls().first[0].r_offset));
}

TEST_F(LoadedModuleTest, ReadsADynamicSectionWithoutAnEndToItsEnd) {
  for (ElfW(Dyn) & entry : image().dynamic) {
    if (entry.d_tag == DT_NULL) entry = {DT_DEBUG, {0}};
  }
  EXPECT_TRUE(Load().usable());
}

TEST_F(LoadedModuleTest, TakesTheLastOfEntriesThatComeTwice) {
  image().dynamic[10] = {DT_SYMTAB, {kFar}};
  EXPECT_FALSE(Load().usable());
}

TEST_F(LoadedModuleTest, RefusesADynamicSectionOutsideOfItsSegments) {
  for (const std::uint64_t at : {kFar, ~std::uint64_t{0}, std::uint64_t{4}}) {
    segments_.headers[2].p_vaddr = at;
    EXPECT_FALSE(Load().usable()) << at;
  }
  segments_.headers[2].p_vaddr = 0;
  segments_.headers[2].p_memsz = ~std::uint64_t{0};
  EXPECT_FALSE(Load().usable());
}

TEST_F(LoadedModuleTest, RefusesSegmentsThatWrapAround) {
  segments_.headers[0].p_memsz = ~std::uint64_t{0};
  EXPECT_FALSE(Load().usable());
}

}  // namespace
}  // namespace mqtrack::redirection
