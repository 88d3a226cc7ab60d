// The layout follows GDB's manual, "Debugging Information in Separate Files".
#include "libtrack/symbolize/debug_files.h"

#include <zlib.h>

#include <cstring>
#include <string_view>
#include <utility>

#include "libtrack/support/byte_text.h"
#include "libtrack/support/file.h"

namespace mqtrack::symbolize {
namespace {

using support::Result;

std::string DirectoryOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

struct DebugLink {
  std::string name;
  std::uint32_t crc = 0;
};

/// A zero-terminated name, padded to four bytes, then the CRC in the file's byte order.
std::optional<DebugLink> ReadDebugLink(const ElfFile& file) {
  const Elf_Data* data = file.SectionData(".gnu_debuglink");
  if (data == nullptr || data->d_buf == nullptr) return std::nullopt;
  const std::string_view bytes(static_cast<const char*>(data->d_buf), data->d_size);
  const std::size_t end = bytes.find('\0');
  const std::size_t crc_at = (end + 4) & ~std::size_t{3};
  if (end == std::string_view::npos || end == 0 || crc_at + 4 > bytes.size()) return std::nullopt;
  DebugLink link{std::string(bytes.substr(0, end)), 0};
  if (link.name.find('/') != std::string::npos) return std::nullopt;
  for (std::size_t i = 0; i < 4; ++i) {
    link.crc = link.crc << 8 | static_cast<unsigned char>(bytes[crc_at + (file.is_big_endian() ? i : 3 - i)]);
  }
  return link;
}

bool HasCrc(const std::string& path, std::uint32_t expected) {
  const Result<support::MappedFile> file = support::MappedFile::Open(path, support::MappedFile::Access::kRead);
  if (!file) return false;
  const auto* bytes = reinterpret_cast<const Bytef*>(file->data());
  return crc32_z(0, bytes, file->size()) == expected;
}

}  // namespace

bool IsBuildId(const std::string& text) {
  // Shorter ids would make directories of odd names; the shortest in use has eight bytes. debuginfod takes at most 64.
  return text.size() >= 6 && text.size() <= 128 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

DebugFileFinder::DebugFileFinder(const Options& options)
    : sysroot_(options.sysroot), given_directories_(options.debug_dirs), directories_(options.debug_dirs) {
  // Files are identified by build id or CRC, so the host's are safe to try for a sysroot too.
  if (!sysroot_.empty()) directories_.push_back(sysroot_ + "/usr/lib/debug");
  directories_.emplace_back("/usr/lib/debug");
}

std::optional<ElfFile> DebugFileFinder::ByBuildId(const std::string& build_id) const {
  return InStores(build_id, ".debug", "debuginfo");
}

std::optional<ElfFile> DebugFileFinder::CodeByBuildId(const std::string& build_id) const {
  return InStores(build_id, "", "executable");
}

std::optional<ElfFile> DebugFileFinder::InStores(const std::string& build_id, const std::string& suffix,
                                                 const std::string& name) const {
  if (!IsBuildId(build_id)) return std::nullopt;
  for (const std::string& directory : directories_) {
    const std::string paths[] = {
        directory + "/.build-id/" + build_id.substr(0, 2) + "/" + build_id.substr(2) + suffix,
        directory + "/" + build_id + "/" + name,
    };
    for (const std::string& path : paths) {
      Result<ElfFile> file = ElfFile::Open(path);
      if (file && file->build_id() == build_id) return std::move(file).value();
    }
  }
  return std::nullopt;
}

std::optional<ElfFile> DebugFileFinder::ByDebugLink(const ElfFile& main, const std::string& recorded_path,
                                                    std::string& note) const {
  const std::optional<DebugLink> link = ReadDebugLink(main);
  if (!link) return std::nullopt;
  const std::string beside = DirectoryOf(main.path());
  std::vector<std::string> candidates = {beside + "/" + link->name, beside + "/.debug/" + link->name};
  for (const std::string& directory : directories_) {
    candidates.push_back(directory + DirectoryOf(recorded_path) + "/" + link->name);
  }
  for (const std::string& directory : given_directories_) candidates.push_back(directory + "/" + link->name);
  for (const std::string& path : candidates) {
    if (path == main.path()) continue;
    Result<ElfFile> file = ElfFile::Open(path);
    if (!file) continue;
    const bool same_build = !main.build_id().empty() && file->build_id() == main.build_id();
    if (same_build || HasCrc(path, link->crc)) return std::move(file).value();
    note = "debug file " + path + " was not used: it belongs to another build (its CRC differs)";
  }
  return std::nullopt;
}

namespace {

struct AltLink {
  std::string name, build_id;  // empty: there is none
};

AltLink ReadAltLink(const ElfFile& file) {
  const Elf_Data* data = file.SectionData(".gnu_debugaltlink");
  if (data == nullptr || data->d_buf == nullptr) return {};
  const std::string_view bytes(static_cast<const char*>(data->d_buf), data->d_size);
  const std::size_t end = bytes.find('\0');
  if (end == std::string_view::npos) return {};
  AltLink link{std::string(bytes.substr(0, end)), {}};
  link.build_id = support::EncodeHex(bytes.substr(end + 1));
  return link;
}

}  // namespace

std::string DebugFileFinder::SupplementId(const ElfFile& file) { return ReadAltLink(file).build_id; }

std::optional<ElfFile> DebugFileFinder::Supplement(const ElfFile& file) const {
  const auto [name, build_id] = ReadAltLink(file);
  if (build_id.empty()) return std::nullopt;
  if (auto found = ByBuildId(build_id)) return found;
  std::vector<std::string> candidates;
  if (name.starts_with('/')) {
    if (!sysroot_.empty()) candidates.push_back(sysroot_ + name);
    candidates.push_back(name);
  } else {
    candidates.push_back(DirectoryOf(file.path()) + "/" + name);
  }
  for (const std::string& path : candidates) {
    Result<ElfFile> supplement = ElfFile::Open(path);
    if (supplement && supplement->build_id() == build_id) return std::move(supplement).value();
  }
  return std::nullopt;
}

}  // namespace mqtrack::symbolize
