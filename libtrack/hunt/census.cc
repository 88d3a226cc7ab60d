#include "libtrack/hunt/census.h"

#include <algorithm>

namespace mqtrack::hunt {

Tally Census::Total(log::Kind kind) const {
  Tally total;
  for (const Row& row : rows) {
    if (row.place.kind != kind) continue;
    total.objects += row.tally.objects;
    total.bytes += row.tally.bytes;
  }
  return total;
}

Census CountLive(const log::LogContent& content) {
  std::vector<Census::Row> rows;
  for (const log::BlockGroup& group : content.blocks)
    rows.push_back({{log::Kind::kHeapBlock, group.stack},
                    {static_cast<std::int64_t>(group.objects), static_cast<std::int64_t>(group.bytes)}});
  for (const log::LiveEntry& entry : content.live)
    rows.push_back({{entry.kind, entry.stack}, {1, static_cast<std::int64_t>(entry.bytes)}});
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.place < b.place; });
  Census census;
  for (const Census::Row& row : rows) {
    if (census.rows.empty() || !(census.rows.back().place == row.place)) {
      census.rows.push_back(row);
      continue;
    }
    census.rows.back().tally.objects += row.tally.objects;
    census.rows.back().tally.bytes += row.tally.bytes;
  }
  return census;
}

std::vector<Growth> Compare(const Census& older, const Census& newer) {
  std::vector<Growth> changes;
  const auto add = [&](const Place& place, const Tally& before, const Tally& after) {
    if (!(before == after)) changes.push_back({place, {after.objects - before.objects, after.bytes - before.bytes}});
  };
  auto a = older.rows.begin();
  auto b = newer.rows.begin();
  while (a != older.rows.end() || b != newer.rows.end()) {
    if (b == newer.rows.end() || (a != older.rows.end() && a->place < b->place)) {
      add(a->place, a->tally, {});
      ++a;
    } else if (a == older.rows.end() || b->place < a->place) {
      add(b->place, {}, b->tally);
      ++b;
    } else {
      add(a->place, a->tally, b->tally);
      ++a, ++b;
    }
  }
  return changes;
}

}  // namespace mqtrack::hunt
