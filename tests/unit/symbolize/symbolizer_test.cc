// Real programs in, names out: every state in which symbols reach a user.
#include "libtrack/symbolize/symbolizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <span>

#include "libtrack/symbolize/elf_file.h"
#include "libtrack/symbolize/only_jump.h"
#include "tests/unit/symbolize/recorded_fixture.h"

namespace mqtrack::symbolize {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

/// A directory that is removed with its content.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = ::testing::TempDir() + "mqtrack-symbolize-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// What the notes say about files whose name ends in `name`.
std::string NoteOn(const Report& report, const std::string& name) {
  for (const Report::ModuleNote& note : report.notes) {
    if (note.file.ends_with(name)) return note.what;
  }
  return {};
}

struct NamedCase {
  const char* fixture;
  MappingStyle style;
  /// The test's name, for GoogleTest.
  friend void PrintTo(const NamedCase& build, std::ostream* out) {
    *out << build.fixture << (build.style == MappingStyle::kCodeSegment ? ", code segment" : ", whole module");
  }
};

class PlainProgram : public ::testing::TestWithParam<NamedCase> {};

TEST_P(PlainProgram, HasFunctionsFilesAndLines) {
  RecordedFixture fixture = Record(FixturePath(GetParam().fixture), GetParam().style);
  const Report report = Symbolize(fixture.profile);
  EXPECT_EQ(report.addresses, 5u);
  EXPECT_EQ(report.with_function, 5u);
  EXPECT_EQ(report.with_line, 5u);
  EXPECT_EQ(fixture.Names("static"), "StaticFunction");
  EXPECT_EQ(fixture.Lines("static"), MarkedLine("plain.c", "at: static"));
  EXPECT_EQ(fixture.Names("other_static_2"), "OtherStatic");
  EXPECT_EQ(fixture.Lines("other_static_2"), MarkedLine("plain.c", "at: other_static_2"));
  EXPECT_EQ(fixture.Names("exported"), "ExportedFunction");
  EXPECT_EQ(fixture.Lines("exported"), MarkedLine("plain.c", "at: exported"));
  EXPECT_EQ(fixture.Names("main"), "main");
  EXPECT_EQ(fixture.Lines("main"), MarkedLine("plain.c", "at: main"));
  const profile::Function& function = fixture.profile.function(fixture.at("main").lines[0].function);
  EXPECT_THAT(function.filename, StartsWith("/"));
  EXPECT_GT(function.start_line, 0);
  const profile::Mapping& mapping = fixture.mapping_of("main");
  EXPECT_TRUE(mapping.has_functions && mapping.has_filenames && mapping.has_line_numbers);
  EXPECT_FALSE(mapping.has_inline_frames);
}

INSTANTIATE_TEST_SUITE_P(AllBuilds, PlainProgram,
                         ::testing::Values(NamedCase{"plain_pie", MappingStyle::kCodeSegment},
                                           NamedCase{"plain_pie", MappingStyle::kWholeModule},
                                           NamedCase{"plain_no_pie", MappingStyle::kCodeSegment},
                                           NamedCase{"plain_no_pie", MappingStyle::kWholeModule},
                                           NamedCase{"plain_dwarf4", MappingStyle::kWholeModule},
                                           NamedCase{"plain_split", MappingStyle::kWholeModule},
                                           NamedCase{"plain_compressed", MappingStyle::kWholeModule},
                                           NamedCase{"plain_no_build_id", MappingStyle::kWholeModule}));

TEST(Symbolize, TwoAddressesOfOneFunctionShareIt) {
  RecordedFixture fixture = Record(FixturePath("plain_pie"));
  (void)Symbolize(fixture.profile);
  EXPECT_EQ(fixture.at("other_static_1").lines[0].function, fixture.at("other_static_2").lines[0].function);
}

TEST(Symbolize, InlinedCallsAreLinesOfTheirOwn) {
  RecordedFixture fixture = Record(FixturePath("inlined"));
  (void)Symbolize(fixture.profile);
  EXPECT_EQ(fixture.Names("inlined_member"),
            "telemetry::Queue<std::string>::Push < telemetry::Enqueue < telemetry::OnMessage");
  EXPECT_EQ(fixture.Lines("inlined_member"), MarkedLine("inlined.cc", "at: inlined_member") + " < " +
                                                 MarkedLine("inlined.cc", "from: inlined_member") + " < " +
                                                 MarkedLine("inlined.cc", "from: enqueue"));
  EXPECT_TRUE(fixture.mapping_of("inlined_member").has_inline_frames);
}

TEST(Symbolize, CxxNamesAreReadable) {
  RecordedFixture fixture = Record(FixturePath("inlined"));
  (void)Symbolize(fixture.profile);
  EXPECT_EQ(fixture.Names("template_member"), "telemetry::Queue<std::string>::Drain");
  EXPECT_EQ(fixture.Names("anonymous"), "telemetry::(anonymous namespace)::InAnonymousNamespace");
  EXPECT_EQ(fixture.Names("extern_c"), "BehindTailOfStd < main");
  EXPECT_THAT(fixture.Names("lambda"), MatchesRegex("main::\\{lambda\\}::operator\\(\\) < std::.*"));
  const profile::Line& line = fixture.at("template_member").lines[0];
  EXPECT_THAT(fixture.profile.function(line.function).system_name, StartsWith("_ZNK9telemetry5Queue"));
}

TEST(Symbolize, ASymbolTableWithoutDebugInformationGivesNames) {
  RecordedFixture fixture = Record(FixturePath("plain_no_debug"));
  const Report report = Symbolize(fixture.profile);
  EXPECT_EQ(fixture.Names("static"), "StaticFunction");
  EXPECT_EQ(fixture.Lines("static"), ":0");
  EXPECT_EQ(report.with_line, 0u);
  EXPECT_THAT(NoteOn(report, "/plain_no_debug"), HasSubstr("names but no lines"));
  EXPECT_FALSE(fixture.mapping_of("static").has_line_numbers);
}

TEST(Symbolize, AStrippedFileNamesOnlyWhatASymbolCovers) {
  RecordedFixture fixture = Record(FixturePath("stripped_pie"));
  const Report report = Symbolize(fixture.profile);
  EXPECT_EQ(fixture.Names("exported"), "ExportedFunction");
  EXPECT_EQ(fixture.Names("main"), "main");
  EXPECT_THAT(fixture.Names("static"), MatchesRegex("stripped_pie\\+0x[0-9a-f]+"));
  EXPECT_THAT(NoteOn(report, "/stripped_pie"), HasSubstr(".dynsym only"));
  EXPECT_TRUE(fixture.mapping_of("static").has_functions);
  EXPECT_EQ(report.with_function, 2u);
}

TEST(Symbolize, WhatAnExportedFunctionOnlyJumpsToGoesByItsName) {
  RecordedFixture stripped = Record(FixturePath("stripped_jumps"));
  (void)Symbolize(stripped.profile);
  EXPECT_EQ(stripped.Names("hidden"), "ExportedJump");
  EXPECT_THAT(stripped.Names("hidden_beside"), MatchesRegex("stripped_jumps\\+0x[0-9a-f]+"));
  RecordedFixture full = Record(FixturePath("jumps"));
  (void)Symbolize(full.profile);
  EXPECT_EQ(full.Names("hidden"), "Hidden") << "it has a name of its own";
}

TEST(OnlyJump, IsTheWholeFunction) {
  constexpr unsigned char kNear[] = {0xf3, 0x0f, 0x1e, 0xfa, 0xe9, 0x37, 0xfe, 0xff, 0xff, 0x90};
  const std::span<const unsigned char> near(kNear);
  EXPECT_EQ(OnlyJump(near.first(9), 0x1b000), 0x1ae40u);
  EXPECT_EQ(OnlyJump(near.subspan(4, 5), 0x1b004), 0x1ae40u);
  EXPECT_EQ(OnlyJump(near, 0x1b000), std::nullopt) << "something follows";
  for (std::size_t size = 0; size < 9; ++size) EXPECT_EQ(OnlyJump(near.first(size), 0x1b000), std::nullopt) << size;
  constexpr unsigned char kShort[] = {0xeb, 0xf0};
  EXPECT_EQ(OnlyJump(kShort, 0x1000), 0xff2u);
  constexpr unsigned char kCall[] = {0xe8, 0x37, 0xfe, 0xff, 0xff};
  EXPECT_EQ(OnlyJump(kCall, 0x1000), std::nullopt);
}

TEST(Symbolize, AddressesOfOneUnnamedFunctionShareTheStartOfItsUnwindEntry) {
  RecordedFixture fixture = Record(FixturePath("stripped_pie"));
  (void)Symbolize(fixture.profile);
  EXPECT_NE(fixture.at("other_static_1").address, fixture.at("other_static_2").address);
  EXPECT_EQ(fixture.at("other_static_1").lines[0].function, fixture.at("other_static_2").lines[0].function);
  EXPECT_NE(fixture.Names("static"), fixture.Names("other_static_1"));
}

TEST(Symbolize, WithoutUnwindInformationAnUnnamedAddressIsItself) {
  RecordedFixture fixture = Record(FixturePath("stripped_no_frames"), MappingStyle::kWholeModule);
  (void)Symbolize(fixture.profile);
  for (const char* probe : {"other_static_1", "other_static_2"}) {
    char expected[64];
    std::snprintf(expected, sizeof expected, "stripped_no_frames+0x%llx",
                  static_cast<unsigned long long>(fixture.at(probe).address - fixture.mapping_of(probe).start));
    EXPECT_EQ(fixture.Names(probe), expected);
  }
}

TEST(Symbolize, AFullTableNamesWithoutUnwindInformation) {
  RecordedFixture fixture = Record(FixturePath("plain_no_frames"));
  (void)Symbolize(fixture.profile);
  EXPECT_EQ(fixture.Names("static"), "StaticFunction");
}

TEST(Symbolize, SeparateDebugFileByBuildId) {
  RecordedFixture fixture = Record(FixturePath("stripped_pie"));
  const std::string id = fixture.mapping_of("main").build_id;
  ASSERT_EQ(id.size(), 40u);
  const TemporaryDirectory debug;
  std::filesystem::create_directories(debug.path() / ".build-id" / id.substr(0, 2));
  std::filesystem::copy(FixturePath("stripped_pie.debug"),
                        debug.path() / ".build-id" / id.substr(0, 2) / (id.substr(2) + ".debug"));
  const Report report = Symbolize(fixture.profile, {.debug_dirs = {debug.path()}});
  EXPECT_EQ(fixture.Names("static"), "StaticFunction");
  EXPECT_EQ(fixture.Lines("static"), MarkedLine("plain.c", "at: static"));
  EXPECT_EQ(NoteOn(report, "/stripped_pie"), "");
}

TEST(Symbolize, TheDebugFileAloneWillDoWhereTheProgramIsGone) {
  RecordedFixture fixture = Record(FixturePath("stripped_pie"), MappingStyle::kWholeModule);
  profile::Mapping& mapping = fixture.mapping_of("main");
  const TemporaryDirectory debug;
  std::filesystem::create_directories(debug.path() / ".build-id" / mapping.build_id.substr(0, 2));
  std::filesystem::copy(FixturePath("stripped_pie.debug"), debug.path() / ".build-id" / mapping.build_id.substr(0, 2) /
                                                               (mapping.build_id.substr(2) + ".debug"));
  mapping.file = "/nonexistent/stripped_pie";
  const Report report = Symbolize(fixture.profile, {.debug_dirs = {debug.path()}});
  EXPECT_EQ(fixture.Names("static"), "StaticFunction");
  EXPECT_EQ(fixture.Lines("static"), MarkedLine("plain.c", "at: static"));
  EXPECT_THAT(NoteOn(report, "/stripped_pie"), HasSubstr("debug file alone"));
}

// Wherever the file was looked for in vain before: it was found, and there is nothing to do.
TEST(Symbolize, AProgramFoundByItsBuildIdIsNoNote) {
  RecordedFixture fixture = Record(FixturePath("plain_pie"));
  profile::Mapping& mapping = fixture.mapping_of("main");
  const TemporaryDirectory store;
  std::filesystem::create_directories(store.path() / mapping.build_id);
  std::filesystem::copy(FixturePath("plain_pie"), store.path() / mapping.build_id / "executable");
  mapping.file = "/nonexistent/plain_pie";
  const Report report = Symbolize(fixture.profile, {.debug_dirs = {store.path()}});
  EXPECT_EQ(fixture.Names("main"), "main");
  EXPECT_EQ(NoteOn(report, "/plain_pie"), "");
}

TEST(Symbolize, SeparateDebugFileByDebuglink) {
  RecordedFixture fixture = Record(FixturePath("stripped_with_link"));
  ASSERT_EQ(fixture.mapping_of("main").build_id, "");
  (void)Symbolize(fixture.profile);
  EXPECT_EQ(fixture.Names("static"), "StaticFunction");
  EXPECT_EQ(fixture.Lines("other_static_1"), MarkedLine("plain.c", "at: other_static_1"));
}

TEST(Symbolize, ADebuglinkFileOfAnotherBuildIsRefused) {
  const TemporaryDirectory place;
  std::filesystem::copy(FixturePath("stripped_with_link"), place.path() / "stripped_with_link");
  std::filesystem::copy(FixturePath("stripped_pie.debug"), place.path() / "stripped_with_link.debug");
  RecordedFixture fixture = Record(place.path() / "stripped_with_link");
  const Report report = Symbolize(fixture.profile);
  EXPECT_THAT(fixture.Names("static"), MatchesRegex("stripped_with_link\\+0x[0-9a-f]+"));
  EXPECT_THAT(NoteOn(report, "/stripped_with_link"), HasSubstr("another build"));
}

TEST(Symbolize, ARebuiltFileNeverNames) {
  RecordedFixture fixture = Record(FixturePath("plain_pie"));
  fixture.mapping_of("main").build_id = std::string(40, 'a');
  const Report report = Symbolize(fixture.profile);
  EXPECT_THAT(fixture.Names("main"), MatchesRegex("plain_pie\\+0x[0-9a-f]+"));
  EXPECT_THAT(NoteOn(report, "/plain_pie"), HasSubstr("is not the file that was recorded"));
  EXPECT_EQ(report.with_function, 0u);
  EXPECT_FALSE(fixture.mapping_of("main").has_functions);
}

TEST(Symbolize, ADeletedFileNamesOnlyWithItsBuildId) {
  RecordedFixture fixture = Record(FixturePath("plain_pie"));
  fixture.mapping_of("main").file += " (deleted)";
  RecordedFixture without_id = fixture;
  without_id.mapping_of("main").build_id.clear();
  (void)Symbolize(fixture.profile);
  EXPECT_EQ(fixture.Names("main"), "main");
  const Report report = Symbolize(without_id.profile);
  EXPECT_THAT(without_id.Names("main"), MatchesRegex("plain_pie\\+0x[0-9a-f]+"));
  EXPECT_THAT(NoteOn(report, "(deleted)"), HasSubstr("deleted or replaced"));
}

TEST(Symbolize, AMissingFileLeavesOffsets) {
  RecordedFixture fixture = Record(FixturePath("plain_pie"), MappingStyle::kWholeModule);
  profile::Mapping& mapping = fixture.mapping_of("main");
  mapping.file = "/nonexistent/gateway";
  const Report report = Symbolize(fixture.profile);
  char expected[64];
  std::snprintf(expected, sizeof expected, "gateway+0x%llx",
                static_cast<unsigned long long>(fixture.at("main").address - mapping.start));
  EXPECT_EQ(fixture.Names("main"), expected);
  EXPECT_THAT(NoteOn(report, "/gateway"), HasSubstr("not found as /nonexistent/gateway"));
}

TEST(Symbolize, SysrootIsWhereAbsolutePathsAreLookedUp) {
  const TemporaryDirectory root;
  std::filesystem::create_directories(root.path() / "usr/sbin");
  std::filesystem::copy(FixturePath("plain_pie"), root.path() / "usr/sbin/gateway");
  RecordedFixture fixture = Record(FixturePath("plain_pie"));
  fixture.mapping_of("main").file = "/usr/sbin/gateway";
  (void)Symbolize(fixture.profile, {.sysroot = root.path()});
  EXPECT_EQ(fixture.Names("static"), "StaticFunction");
}

TEST(Symbolize, AssemblyIsNamedWhereItIsCertain) {
  RecordedFixture fixture = Record(FixturePath("assembly"));
  (void)Symbolize(fixture.profile);
  EXPECT_EQ(fixture.Names("asm_sized"), "AsmSized");
  EXPECT_EQ(fixture.Names("asm_unsized_with_frame"), "AsmUnsizedWithFrame");
  EXPECT_EQ(fixture.Names("asm_unsized_without_frame"), "AsmUnsizedWithoutFrame");
}

TEST(Symbolize, SharedLibrariesHaveTheirOwnMapping) {
  RecordedFixture fixture = Record(FixturePath("library_user"), MappingStyle::kWholeModule);
  (void)Symbolize(fixture.profile);
  EXPECT_THAT(fixture.mapping_of("library_entry").file, EndsWith("/libprobed.so"));
  EXPECT_EQ(fixture.Names("library_entry"), "LibraryEntry");
  EXPECT_EQ(fixture.Names("library_hidden"), "LibraryHidden");
  EXPECT_EQ(fixture.Lines("library_hidden"), MarkedLine("library.c", "at: library_hidden"));
}

TEST(Symbolize, WhatIsNoFileGetsOffsets) {
  profile::Profile profile;
  profile.mappings = {{.start = 0x7000, .limit = 0x9000, .file = "[vdso]", .build_id = {}},
                      {.start = 0x10000, .limit = 0x20000, .file = "", .build_id = {}}};
  profile.locations = {{.mapping = profile::MappingId{0}, .address = 0x7123, .lines = {}},
                       {.mapping = profile::MappingId{1}, .address = 0x10010, .lines = {}},
                       {.address = 0x8000, .lines = {}},
                       {.address = 0x99999, .lines = {}}};
  const Report report = Symbolize(profile);
  const auto name = [&](std::size_t i) { return profile.function(profile.locations[i].lines.at(0).function).name; };
  EXPECT_EQ(name(0), "[vdso]+0x123");
  EXPECT_EQ(name(1), "[unknown]+0x10");
  EXPECT_EQ(name(2), "[vdso]+0x1000");
  EXPECT_EQ(name(3), "[unknown]+0x99999");
  EXPECT_EQ(report.with_function, 0u);
  EXPECT_TRUE(report.notes.empty());
}

TEST(Symbolize, LinesThatAreThereAlreadyStay) {
  RecordedFixture fixture = Record(FixturePath("plain_pie"));
  fixture.profile.functions = {{"from_elsewhere", "from_elsewhere", "x.go", 3}};
  profile::Location& location = fixture.profile.locations[profile::Index(fixture.probes.at("main"))];
  location.lines = {{profile::FunctionId{0}, 7}};
  const Report report = Symbolize(fixture.profile);
  EXPECT_EQ(fixture.Names("main"), "from_elsewhere");
  EXPECT_EQ(report.addresses, 4u);
}

/// Every location's frames, in words.
std::vector<std::string> FramesOf(const profile::Profile& profile) {
  std::vector<std::string> all;
  for (const profile::Location& location : profile.locations) {
    std::string& text = all.emplace_back();
    for (const profile::Line& line : location.lines) {
      const profile::Function& function = profile.function(line.function);
      text += function.name + " " + function.system_name + " " + function.filename + ":" + std::to_string(line.line) +
              " from " + std::to_string(function.start_line) + "; ";
    }
  }
  return all;
}

TEST(Symbolize, NamesThatAreKnownAreTheSame) {
  Options options;
  options.known_names = std::make_shared<NameCache>();
  for (const char* name : {"library_user", "plain_pie", "library_user"}) {
    profile::Profile fresh = Record(FixturePath(name)).profile, known = fresh;
    const Report report = Symbolize(fresh), again = Symbolize(known, options);
    EXPECT_EQ(FramesOf(known), FramesOf(fresh)) << name;
    EXPECT_EQ(known.functions.size(), fresh.functions.size()) << name;
    EXPECT_EQ(known.mappings.front().has_line_numbers, fresh.mappings.front().has_line_numbers) << name;
    EXPECT_EQ(again.with_line, report.with_line) << name;
    EXPECT_EQ(again.notes.size(), report.notes.size()) << name;
  }
  // A file that is known is not asked again.
  for (auto& [file, known] : *options.known_names) {
    for (auto& [vaddr, names] : known.by_vaddr) names.frames.front().function.name = "remembered";
  }
  RecordedFixture fixture = Record(FixturePath("plain_pie"));
  (void)Symbolize(fixture.profile, options);
  EXPECT_THAT(fixture.Names("main"), HasSubstr("remembered"));
}

}  // namespace
}  // namespace mqtrack::symbolize
