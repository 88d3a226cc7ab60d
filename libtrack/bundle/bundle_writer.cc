#include "libtrack/bundle/bundle_writer.h"

#include <set>
#include <utility>

#include "libtrack/bundle/bundle_names.h"
#include "libtrack/bundle/tar_writer.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/support/file.h"
#include "libtrack/symbolize/debug_files.h"
#include "libtrack/symbolize/module_files.h"

namespace mqtrack::bundle {
namespace {

using support::Result;
using support::Status;

constexpr std::uint64_t kRoomForContents = std::uint64_t{16} << 20;  // for the list of what is in it

std::string InTopFolder(const std::string& name) { return std::string(kTopFolder) + "/" + name; }

/// Mappings that a sample's frame lies in.
std::vector<const profile::Mapping*> MappingsWithFrames(const profile::Profile& profile) {
  std::vector<bool> used(profile.mappings.size(), false);
  for (const profile::Sample& sample : profile.samples) {
    for (const profile::LocationId id : sample.locations) {
      const profile::MappingId mapping = profile.location(id).mapping;
      if (profile::Index(mapping) < used.size()) used[profile::Index(mapping)] = true;
    }
  }
  std::vector<const profile::Mapping*> mappings;
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i] && !symbolize::IsPseudoFile(profile.mappings[i].file)) mappings.push_back(&profile.mappings[i]);
  }
  return mappings;
}

class Packer {
 public:
  /// `used`: bytes that are in it already.
  Packer(TarWriter& tar, const symbolize::Options& options, std::uint64_t used)
      : tar_(tar), options_(options), used_(used + kRoomForContents) {
    options_.by_build_id_only = true;
  }

  Status Add(const profile::Mapping& mapping) {
    const symbolize::ModuleFiles files = symbolize::FindModuleFiles(mapping, options_, nullptr);
    if (files.layout() == nullptr) {
      if (said_.insert(mapping.file).second) packed_.left_out.push_back({mapping.file, files.note});
      return {};
    }
    if (files.code) {
      if (Status status = AddFile(mapping.file, *files.code, mapping.build_id, false); !status) return status;
    }
    // A debug file that was found by its link bears the id of the file it belongs to, or none.
    if (files.debug) {
      const std::string& id = files.code ? files.code->build_id() : files.debug->build_id();
      if (Status status = AddFile(mapping.file, *files.debug, id, true); !status) return status;
    }
    return files.supplement ? AddFile(mapping.file, *files.supplement, files.supplement->build_id(), true) : Status();
  }

  [[nodiscard]] Packed& packed() { return packed_; }

 private:
  Status AddFile(const std::string& file, const symbolize::ElfFile& elf, const std::string& build_id, bool is_debug) {
    if (!symbolize::IsBuildId(build_id) || elf.build_id() != build_id) {
      packed_.left_out.push_back({elf.path(), "without the build id that it would be found by"});
      return {};
    }
    const std::string name = StoreName(build_id, is_debug);
    if (!names_.insert(name).second) return {};
    const auto content = support::MappedFile::Open(elf.path(), support::MappedFile::Access::kRead);
    if (!content) return content.error();
    if (used_ > kMostBytes || content->size() > kMostBytes - used_ || packed_.files.size() >= kMostFiles - 2) {
      packed_.left_out.push_back({elf.path(), "with it the bundle would be larger than readers accept (4 GiB)"});
      return {};
    }
    used_ += content->size();
    packed_.files.push_back({file, build_id, is_debug, content->size()});
    return tar_.AddBytes(InTopFolder(name), {reinterpret_cast<const char*>(content->data()), content->size()});
  }

  TarWriter& tar_;
  symbolize::Options options_;
  std::uint64_t used_;
  Packed packed_;
  std::set<std::string> names_, said_;
};

std::string Contents(const Packed& packed) {
  std::string text =
      "A snapshot of mqtrack (snapshot.pb.gz) with the files that its frames lie in, by their build ids.\n"
      "`mqtrack top` and the other verbs read this archive, or the folder it unpacks to, as they read a snapshot.\n\n";
  for (const Packed::File& file : packed.files) {
    text += StoreName(file.build_id, file.is_debug) + "  " + std::to_string(file.bytes) + " bytes, " +
            (file.is_debug ? "debug file of " : "") + file.file + "\n";
  }
  for (const Packed::LeftOut& left : packed.left_out) text += "left out: " + left.file + ": " + left.why + "\n";
  return text;
}

}  // namespace

Result<Packed> WriteBundle(const profile::Profile& profile, const symbolize::Options& options,
                           const std::string& path) {
  Result<TarWriter> tar = TarWriter::Create(path);
  if (!tar) return tar.error();
  const std::string snapshot = profile::EncodePprof(profile);
  if (const Status status = tar->AddBytes(InTopFolder(kSnapshotName), snapshot); !status) return status.error();
  Packer packer(*tar, options, snapshot.size());
  for (const profile::Mapping* mapping : MappingsWithFrames(profile)) {
    if (const Status status = packer.Add(*mapping); !status) return status.error();
  }
  if (const Status status = tar->AddBytes(InTopFolder(kContentsName), Contents(packer.packed())); !status)
    return status.error();
  const Result<std::uint64_t> bytes = tar->Finish();
  if (!bytes) return bytes.error();
  packer.packed().bytes = *bytes;
  return std::move(packer.packed());
}

}  // namespace mqtrack::bundle
