#include "libtrack/heapgraph/capture/memory_source.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace mqtrack::heapgraph {
namespace {

constexpr std::uint64_t kWord = sizeof(std::uint64_t);
constexpr std::uint64_t kPieceBytes = 1 << 20;
// What is smaller is read without asking which of its pages there are.
constexpr std::uint64_t kLookAtPagesFrom = 1 << 18;

AddressRange AlignedWords(AddressRange range) {
  const AddressRange words{(range.start + kWord - 1) & ~(kWord - 1), range.end & ~(kWord - 1)};
  return words.start < words.end ? words : AddressRange{};
}

}  // namespace

ProcessSource::ProcessSource(pid_t pid, pid_t service, const std::vector<procfs::MemoryMapping>& mappings)
    : pid_(pid),
      mappings_(mappings),
      pages_(pid),
      shared_pages_(pid, service),
      protected_(::open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY | O_CLOEXEC)),
      page_bytes_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))),
      buffer_(kPieceBytes / kWord) {}

std::size_t ProcessSource::Read(std::uint64_t address, void* into, std::size_t bytes) const {
  const iovec local{into, bytes}, remote{reinterpret_cast<void*>(address), bytes};
  const ssize_t got = ::process_vm_readv(pid_, &local, 1, &remote, 1, 0);
  const std::size_t read = got < 0 ? 0 : static_cast<std::size_t>(got);
  if (read == bytes) return bytes;
  const ssize_t more =
      ::pread(protected_.get(), static_cast<std::byte*>(into) + read, bytes - read, static_cast<off_t>(address + read));
  return read + (more < 0 ? 0 : static_cast<std::size_t>(more));
}

std::vector<AddressRange> ProcessSource::WrittenParts(const procfs::MemoryMapping& mapping, AddressRange range) const {
  if (mapping.shared) return shared_pages_.Present(mapping, range);
  if (mapping.inode != 0) return pages_.Present(range, PageMap::Which::kOwn);
  if (mapping.readable && !mapping.is_filled_by_process && range.bytes() < kLookAtPagesFrom) return {range};
  return pages_.Present(range);
}

bool ProcessSource::VisitPart(AddressRange range, const Visitor& visitor) const {
  bool whole = true;
  for (std::uint64_t at = range.start; at < range.end;) {
    const std::uint64_t bytes = std::min(kPieceBytes, range.end - at);
    const std::size_t words = Read(at, buffer_.data(), bytes) / kWord;
    if (words != 0) visitor(at, std::span<const std::uint64_t>(buffer_.data(), words));
    at += words * kWord;
    if (words * kWord == bytes) continue;
    whole = false;  // a page that cannot be read, such as one beyond the end of a file
    at = (at / page_bytes_ + 1) * page_bytes_;
  }
  return whole;
}

bool ProcessSource::Visit(AddressRange range, const Visitor& visitor) const {
  const AddressRange words = AlignedWords(range);
  bool whole = true;
  std::uint64_t at = words.start;
  auto mapping = std::upper_bound(mappings_.begin(), mappings_.end(), at,
                                  [](std::uint64_t address, const auto& candidate) { return address < candidate.end; });
  for (; at < words.end && mapping != mappings_.end() && mapping->start < words.end; ++mapping) {
    whole = whole && mapping->start <= at;
    const AddressRange inside{std::max(at, mapping->start), std::min(words.end, mapping->end)};
    for (const AddressRange& part : WrittenParts(*mapping, inside)) whole = VisitPart(part, visitor) && whole;
    at = inside.end;
  }
  return whole && at == words.end;
}

void CopiedSource::AddAll(const MemorySource& from, AddressRange range) {
  Piece piece{range.start, std::vector<std::uint64_t>(range.bytes() / kWord)};
  piece.words.resize(from.Read(range.start, piece.words.data(), piece.words.size() * kWord) / kWord);
  if (!piece.words.empty()) pieces_.push_back(std::move(piece));
}

void CopiedSource::Add(const MemorySource& from, AddressRange range) {
  from.Visit(range, [&](std::uint64_t address, std::span<const std::uint64_t> words) {
    if (pieces_.empty() || pieces_.back().end() != address) pieces_.push_back({address, {}});
    pieces_.back().words.insert(pieces_.back().words.end(), words.begin(), words.end());
  });
}

std::size_t CopiedSource::FirstBehind(std::uint64_t address) const {
  const auto found = std::upper_bound(pieces_.begin(), pieces_.end(), address,
                                      [](std::uint64_t wanted, const Piece& piece) { return wanted < piece.end(); });
  return static_cast<std::size_t>(found - pieces_.begin());
}

std::size_t CopiedSource::Read(std::uint64_t address, void* into, std::size_t bytes) const {
  const std::size_t at = FirstBehind(address);
  if (at == pieces_.size() || address < pieces_[at].start) return 0;
  const std::size_t there = std::min<std::uint64_t>(bytes, pieces_[at].end() - address);
  std::memcpy(into, reinterpret_cast<const std::byte*>(pieces_[at].words.data()) + (address - pieces_[at].start),
              there);
  return there;
}

bool CopiedSource::Visit(AddressRange range, const Visitor& visitor) const {
  const AddressRange words = AlignedWords(range);
  for (std::size_t i = FirstBehind(words.start); i < pieces_.size() && pieces_[i].start < words.end; ++i) {
    const std::uint64_t start = std::max(words.start, pieces_[i].start), end = std::min(words.end, pieces_[i].end());
    visitor(start, std::span<const std::uint64_t>(pieces_[i].words.data() + (start - pieces_[i].start) / kWord,
                                                  (end - start) / kWord));
  }
  return true;
}

std::size_t PatchedSource::Read(std::uint64_t address, void* into, std::size_t bytes) const {
  const bool is_patched =
      std::any_of(patches_.begin(), patches_.end(), [&](const AddressRange& patch) { return patch.Contains(address); });
  return (is_patched ? patch_ : whole_)->Read(address, into, bytes);
}

bool PatchedSource::Visit(AddressRange range, const Visitor& visitor) const {
  bool whole = true;
  for (const AddressRange& patch : patches_) {
    const AddressRange inside{std::max(range.start, patch.start), std::min(range.end, patch.end)};
    if (inside.start >= inside.end) continue;
    if (range.start < inside.start) whole = whole_->Visit({range.start, inside.start}, visitor) && whole;
    whole = patch_->Visit(inside, visitor) && whole;
    range.start = inside.end;
  }
  return (range.start >= range.end || whole_->Visit(range, visitor)) && whole;
}

}  // namespace mqtrack::heapgraph
