#include "tests/unit/symbolize/recorded_fixture.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

#include "libtrack/symbolize/elf_file.h"

namespace mqtrack::symbolize {
namespace {

using profile::Index;
using profile::Mapping;

struct MapLine {
  std::uint64_t start = 0, end = 0, offset = 0;
  bool executable = false;
  std::string file;
};

MapLine ParseMapLine(const std::string& text) {
  MapLine map;
  std::istringstream in(text);
  char dash = 0;
  std::string permissions, device, inode;
  in >> std::hex >> map.start >> dash >> map.end >> permissions >> map.offset >> device >> inode >> std::ws;
  std::getline(in, map.file);
  map.executable = permissions.find('x') != std::string::npos;
  return map;
}

std::vector<Mapping> ToMappings(const std::vector<MapLine>& maps, MappingStyle style) {
  std::vector<Mapping> mappings;
  std::map<std::string, std::size_t> by_file;
  for (const MapLine& map : maps) {
    if (map.file.empty() || (style == MappingStyle::kCodeSegment && !map.executable)) continue;
    const auto [known, is_new] = by_file.try_emplace(map.file, mappings.size());
    if (!is_new && style == MappingStyle::kWholeModule) {
      mappings[known->second].limit = map.end;
      continue;
    }
    Mapping mapping{.start = map.start, .limit = map.end, .offset = map.offset, .file = map.file, .build_id = {}};
    if (auto file = ElfFile::Open(map.file)) mapping.build_id = file->build_id();
    mappings.push_back(std::move(mapping));
  }
  return mappings;
}

std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

const profile::Location& RecordedFixture::at(const std::string& probe) const {
  return profile.location(probes.at(probe));
}

std::string RecordedFixture::Names(const std::string& probe) const {
  std::string names;
  for (const profile::Line& line : at(probe).lines) {
    names += (names.empty() ? "" : " < ") + profile.function(line.function).name;
  }
  return names;
}

std::string RecordedFixture::Lines(const std::string& probe) const {
  std::string lines;
  for (const profile::Line& line : at(probe).lines) {
    lines += (lines.empty() ? "" : " < ") + BaseName(profile.function(line.function).filename) + ":" +
             std::to_string(line.line);
  }
  return lines;
}

Mapping& RecordedFixture::mapping_of(const std::string& probe) { return profile.mappings[Index(at(probe).mapping)]; }

std::string FixturePath(const std::string& name) { return std::string(SYMBOL_FIXTURE_DIR) + "/" + name; }

RecordedFixture Record(const std::string& path, MappingStyle style) {
  RecordedFixture result;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(("'" + path + "'").c_str(), "r"), &::pclose);
  std::vector<MapLine> maps;
  char buffer[8192];
  while (pipe && std::fgets(buffer, sizeof buffer, pipe.get()) != nullptr) {
    std::istringstream in(buffer);
    std::string kind, name;
    in >> kind;
    if (kind == "map") {
      std::string rest;
      std::getline(in >> std::ws, rest);
      maps.push_back(ParseMapLine(rest));
      continue;
    }
    std::uint64_t address = 0;
    in >> name >> std::hex >> address;
    result.probes[name] = static_cast<profile::LocationId>(result.profile.locations.size());
    // A return address: the call is before it.
    result.profile.locations.push_back({.address = address - 1, .lines = {}});
  }
  EXPECT_FALSE(result.probes.empty()) << path << " printed no probes";
  result.profile.mappings = ToMappings(maps, style);
  for (profile::Location& location : result.profile.locations) {
    for (std::size_t i = 0; i < result.profile.mappings.size(); ++i) {
      const Mapping& mapping = result.profile.mappings[i];
      if (location.address >= mapping.start && location.address < mapping.limit) {
        location.mapping = static_cast<profile::MappingId>(i);
      }
    }
  }
  return result;
}

std::string MarkedLine(const std::string& source, const std::string& mark) {
  std::ifstream in(std::string(MQTRACK_SOURCE_DIR) + "/tests/unit/symbolize/fixtures/" + source);
  std::string text;
  for (int number = 1; std::getline(in, text); ++number) {
    if (text.ends_with("// " + mark)) return source + ":" + std::to_string(number);
  }
  ADD_FAILURE() << source << " has no mark " << mark;
  return {};
}

}  // namespace mqtrack::symbolize
