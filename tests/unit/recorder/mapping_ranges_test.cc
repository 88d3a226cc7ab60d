#include "preload/recorder/mappings/mapping_ranges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace mqtrack::recorder {
namespace {

constexpr std::uintptr_t kBase = 0x10000;
constexpr std::size_t kBytes = 300;

MappedPiece Piece(std::uintptr_t start, std::uintptr_t end, std::uint32_t made_by) {
  return PartOf({{}, {0, made_by % 7, static_cast<log::StackId>(made_by), static_cast<log::LabelsId>(made_by % 3)}},
                {start, end});
}
std::uint32_t MadeBy(const MappedPiece& piece) { return static_cast<std::uint32_t>(piece.record.stack); }

/// What must be so: for each byte, who mapped it; 0: nobody.
class ByteMap {
 public:
  void Fill(AddressRange range, std::uint32_t made_by) {
    std::fill(bytes_.begin() + Offset(range.start), bytes_.begin() + Offset(range.end), made_by);
  }
  [[nodiscard]] std::uint32_t At(std::uintptr_t address) const { return bytes_[address - kBase]; }

 private:
  static std::ptrdiff_t Offset(std::uintptr_t address) { return static_cast<std::ptrdiff_t>(address - kBase); }
  std::vector<std::uint32_t> bytes_ = std::vector<std::uint32_t>(kBytes);
};

class MappingRangesTest : public testing::Test {
 protected:
  /// Cuts `range` out, checks what came of it, and returns it.
  std::vector<MappedPiece> Cut(AddressRange range) {
    const MappingRanges::Cut cut = ranges_->CutOut(range);
    EXPECT_FALSE(cut.lost);
    if (!cut.before.range.IsEmpty()) {
      EXPECT_EQ(cut.before.range.end, range.start);
      EXPECT_EQ(MadeBy(cut.before), model_.At(range.start));
    }
    if (!cut.after.range.IsEmpty()) {
      EXPECT_EQ(cut.after.range.start, range.end);
      EXPECT_EQ(MadeBy(cut.after), model_.At(range.end));
    }
    std::vector<MappedPiece> pieces;
    ByteMap found;
    for (MappingRanges::Id id = cut.pieces; id != 0;) {
      MappedPiece piece;
      id = ranges_->TakeFirst(id, piece);
      EXPECT_TRUE(pieces.empty() || pieces.back().range.end <= piece.range.start);
      EXPECT_GE(piece.range.start, range.start);
      EXPECT_LE(piece.range.end, range.end);
      EXPECT_EQ(piece.record.bytes, piece.range.bytes());
      found.Fill(piece.range, MadeBy(piece));
      pieces.push_back(piece);
    }
    for (std::uintptr_t at = range.start; at < range.end; ++at) EXPECT_EQ(found.At(at), model_.At(at));
    model_.Fill(range, 0);
    return pieces;
  }
  void Insert(const MappedPiece& piece) {
    ASSERT_TRUE(ranges_->Insert(piece));
    model_.Fill(piece.range, MadeBy(piece));
  }
  void ExpectAgreement() const {
    bool any = false;
    for (std::uintptr_t at = kBase; at < kBase + kBytes; ++at) {
      MappedPiece piece;
      const bool known = ranges_->Find(at, piece);
      ASSERT_EQ(known ? MadeBy(piece) : 0, model_.At(at)) << at - kBase;
      any |= known;
      if (!known) continue;
      EXPECT_LE(piece.range.start, at);
      EXPECT_GT(piece.range.end, at);
      EXPECT_EQ(piece.record.generation, MadeBy(piece) % 7);
      EXPECT_EQ(static_cast<std::uint32_t>(piece.record.labels), MadeBy(piece) % 3);
    }
    EXPECT_EQ(ranges_->IsEmpty(), !any);
  }

  std::unique_ptr<MappingRanges> ranges_ = std::make_unique<MappingRanges>();
  ByteMap model_;
};

TEST_F(MappingRangesTest, AgreesWithAMapOfBytes) {
  std::minstd_rand random(20260);
  const auto below = [&](std::size_t limit) { return static_cast<std::uintptr_t>(random() % limit); };
  for (std::uint32_t step = 1; step <= 3000; ++step) {
    const std::uintptr_t start = kBase + below(kBytes - 1);
    const std::size_t longest = step % 5 == 0 ? kBytes : 24;
    const AddressRange range = {start, std::min(start + 1 + below(longest), kBase + kBytes)};
    const std::vector<MappedPiece> pieces = Cut(range);
    switch (below(8)) {
      case 0:  // the call failed
        for (const MappedPiece& piece : pieces) Insert(piece);
        break;
      case 1:
      case 2:  // unmapped
        break;
      case 3: {  // grown, if something of this call ends here
        const MappedPiece grown = Piece(range.start, range.end, range.start > kBase ? model_.At(range.start - 1) : 0);
        MappedPiece whole;
        if (MadeBy(grown) == 0 || !ranges_->Extend(grown, whole)) break;
        EXPECT_EQ(whole.range.end, range.end);
        EXPECT_LT(whole.range.start, range.start);
        EXPECT_EQ(whole.record.bytes, whole.range.bytes());
        model_.Fill(range, MadeBy(grown));
        break;
      }
      case 4:
        ranges_->Rebuild();
        break;
      default:
        Insert(Piece(range.start, range.end, step));
    }
    if (step % 4 == 0) ExpectAgreement();
    if (HasFailure()) FAIL() << "after step " << step;
  }
}

TEST_F(MappingRangesTest, AHoleLeavesBothSides) {
  Insert(Piece(kBase, kBase + 100, 5));
  const std::vector<MappedPiece> pieces = Cut({kBase + 40, kBase + 60});
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_EQ(pieces[0].record.bytes, 20u);
  MappedPiece side;
  ASSERT_TRUE(ranges_->Find(kBase, side));
  EXPECT_EQ(side.range.end, kBase + 40);
  ASSERT_TRUE(ranges_->Find(kBase + 99, side));
  EXPECT_EQ(side.range.start, kBase + 60);
  ExpectAgreement();
}

TEST_F(MappingRangesTest, WhatIsNotKnownIsNoError) {
  EXPECT_TRUE(Cut({kBase, kBase + kBytes - 1}).empty());
  EXPECT_TRUE(ranges_->IsEmpty());
  EXPECT_EQ(ranges_->CutOut({}).pieces, 0u);
}

TEST_F(MappingRangesTest, OnlyWhatIsOfTheSameCallGrows) {
  Insert(Piece(kBase, kBase + 10, 5));
  MappedPiece whole;
  EXPECT_FALSE(ranges_->Extend(Piece(kBase + 10, kBase + 20, 6), whole));
  EXPECT_FALSE(ranges_->Extend(Piece(kBase + 11, kBase + 20, 5), whole));
  EXPECT_TRUE(ranges_->Extend(Piece(kBase + 10, kBase + 20, 5), whole));
  EXPECT_EQ(whole.record.bytes, 20u);
}

TEST_F(MappingRangesTest, WhenItIsFullPartsAreLostAndCounted) {
  constexpr std::uintptr_t kStep = 32;
  std::uint32_t entered = 0;
  while (ranges_->Insert(Piece(kBase + entered * kStep, kBase + entered * kStep + 16, 5))) ++entered;
  EXPECT_EQ(entered, MappingRanges::kMost - 1);
  const MappingRanges::Cut hole = ranges_->CutOut({kBase + 4, kBase + 8});
  EXPECT_TRUE(hole.lost);
  EXPECT_EQ(hole.before.range.end, kBase + 4);
  EXPECT_TRUE(hole.after.range.IsEmpty());
  // There is room again for what is given back.
  const MappingRanges::Cut two = ranges_->CutOut({kBase + kStep, kBase + 3 * kStep});
  EXPECT_FALSE(two.lost);
  ranges_->Discard(two.pieces);
  EXPECT_TRUE(ranges_->Insert(Piece(kBase + kStep, kBase + kStep + 8, 5)));
  EXPECT_TRUE(ranges_->Insert(Piece(kBase + 2 * kStep, kBase + 2 * kStep + 8, 5)));
  EXPECT_FALSE(ranges_->Insert(Piece(kBase - 8, kBase, 5)));
  ranges_->Clear();
  EXPECT_TRUE(ranges_->IsEmpty());
  EXPECT_TRUE(ranges_->Insert(Piece(kBase, kBase + 8, 5)));
}

}  // namespace
}  // namespace mqtrack::recorder
