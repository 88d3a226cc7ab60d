// Variables, members and pointers of real programs, by their debug information.
#include "libtrack/symbolize/module_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

#include "libtrack/symbolize/variable_table.h"

namespace mqtrack::symbolize {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kWord = 8;

ModuleFiles FilesOf(const std::string& name) {
  ModuleFiles files;
  files.code = *ElfFile::Open(std::string(SYMBOL_FIXTURE_DIR) + "/" + name);
  return files;
}

class ModuleTypesTest : public ::testing::TestWithParam<const char*> {
 protected:
  /// The variable of that name, found by its address as the symbol table has it.
  const TypedVariable& Variable(const std::string& name) {
    const TypedVariable* found = types_.FindVariable(AddressOf(name));
    EXPECT_NE(found, nullptr) << name;
    static const TypedVariable kNone;
    return found == nullptr ? kNone : *found;
  }
  static std::uint64_t AddressOf(const std::string& name) {
    const ModuleFiles files = FilesOf(GetParam());
    const VariableTable table(&*files.code, nullptr);
    for (std::uint64_t address = 0x1000; address < 0x20000; address += kWord) {
      if (const VariableSymbol symbol = table.Find(address); symbol.name == name) return symbol.start;
    }
    ADD_FAILURE() << name;
    return 0;
  }
  std::vector<std::uint64_t> OffsetsOf(TypeNumber type) {
    std::vector<std::uint64_t> offsets;
    for (const PointerMember& pointer : types_.Pointers(type)) offsets.push_back(pointer.offset);
    return offsets;
  }
  ModuleTypes types_{FilesOf(GetParam())};
};

TEST_P(ModuleTypesTest, VariablesHaveNamePlaceAndType) {
  ASSERT_TRUE(types_.ok());
  const TypedVariable& db = Variable("db");
  EXPECT_EQ(db.name, "db");
  EXPECT_EQ(db.file, "types_in_c.c");
  EXPECT_GT(db.line, 0);
  EXPECT_EQ(types_.Name(db.type), "database_t");
  EXPECT_EQ(types_.Bytes(db.type), 2 * kWord);
  EXPECT_EQ(types_.FindVariable(db.start + 2 * kWord - 1), &db);
  EXPECT_NE(types_.FindVariable(db.start + 2 * kWord), &db);
  EXPECT_EQ(Variable("spare").name, "spare");
  EXPECT_EQ(types_.Name(Variable("spare").type), "message");
}

TEST_P(ModuleTypesTest, PointersLeadToCompleteTypesOnly) {
  // The pointer to a function tells nothing.
  EXPECT_THAT(OffsetsOf(Variable("db").type), ElementsAre(0));
  const TypeNumber session = types_.Pointers(Variable("db").type)[0].target;
  EXPECT_EQ(types_.Name(session), "struct session");
  // Not `id`, which points to characters; the message is defined in the other unit.
  EXPECT_THAT(OffsetsOf(session), ElementsAre(2 * kWord, 3 * kWord, 5 * kWord, 6 * kWord, 7 * kWord, 8 * kWord));
  const TypeNumber message = types_.Pointers(session)[0].target;
  EXPECT_EQ(types_.Bytes(message), 2 * kWord);
  EXPECT_EQ(types_.Named("message"), message);
  EXPECT_THAT(OffsetsOf(message), ElementsAre(0));
  const TypeNumber to_pointer = types_.Pointers(session)[1].target;
  EXPECT_EQ(types_.Name(to_pointer), "");
  EXPECT_EQ(types_.Bytes(to_pointer), kWord);
}

TEST_P(ModuleTypesTest, MembersByOffset) {
  const TypeNumber session = types_.Pointers(Variable("db").type)[0].target;
  const std::uint64_t bytes = types_.Bytes(session);
  EXPECT_EQ(types_.Member(session, bytes, 0), "id");
  EXPECT_EQ(types_.Member(session, bytes, 2 * kWord), "out.queued.first");
  EXPECT_EQ(types_.Member(session, bytes, 5 * kWord), "will") << "of the union the pointer";
  EXPECT_EQ(types_.Member(session, bytes, 7 * kWord), "slots[]");
  EXPECT_EQ(types_.Member(session, bytes, 1 * kWord), std::nullopt) << "a number";
  EXPECT_EQ(types_.Member(session, 3 * bytes, bytes + 2 * kWord), "[].out.queued.first") << "of several";
  EXPECT_EQ(types_.Member(session, bytes + 5, bytes + 2), std::nullopt) << "behind it";
  EXPECT_EQ(types_.Member(session, bytes, 100'000), std::nullopt);
  EXPECT_EQ(types_.Member(TypeNumber::kNone, 8, 0), std::nullopt);
  const TypedVariable& lists = Variable("lists");
  EXPECT_EQ(types_.Member(lists.type, types_.Bytes(lists.type), 5 * kWord), "[].of[]");
}

TEST_P(ModuleTypesTest, ScopesBaseClassesAndContainers) {
  const TypedVariable& first = Variable("broker::Plugin::first");
  EXPECT_EQ(first.file, "types.cc");
  const TypeNumber plugin =
      types_.Pointers(first.type).empty() ? TypeNumber::kNone : types_.Pointers(first.type)[0].target;
  EXPECT_EQ(plugin, types_.Named("broker::Plugin"));
  EXPECT_EQ(types_.Name(plugin), "broker::Plugin");
  EXPECT_EQ(types_.Member(plugin, types_.Bytes(plugin), 5 * kWord), "next") << "of the second base class";
  bool has_tree = false;
  for (const PointerMember& pointer : types_.Pointers(plugin)) {
    if (types_.Name(pointer.target) != "std::_Rb_tree_node_base") continue;
    has_tree = true;
    EXPECT_EQ(types_.Member(plugin, types_.Bytes(plugin), pointer.offset), "children");
  }
  EXPECT_TRUE(has_tree);
  EXPECT_EQ(types_.Named("broker::NoSuchClass"), TypeNumber::kNone);
}

INSTANTIATE_TEST_SUITE_P(Dwarf, ModuleTypesTest, ::testing::Values("types", "types_dwarf4", "types_split"),
                         [](const auto& one) { return std::string(one.param); });

TEST(ModuleTypesWithoutDebugInformation, KnowNothing) {
  ModuleTypes types(FilesOf("plain_no_debug"));
  EXPECT_FALSE(types.ok());
  EXPECT_EQ(types.FindVariable(0x4000), nullptr);
  EXPECT_FALSE(ModuleTypes(ModuleFiles{}).ok());
}

}  // namespace
}  // namespace mqtrack::symbolize
