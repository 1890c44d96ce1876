// A random program: what it keeps in its files and how it commits, all of it a function of a seed.
//
// A program has parts. A part has a number, its own stretch of a file (or a file of its own), and rounds:
// round k changes it from state k - 1 to state k, which depends on nothing but the seed, the part and k. That
// makes every state of every part computable outside the program (oracle.h).
#pragma once
#include <cstdint>
#include <string>

#include "workload.h"

namespace soak {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

inline constexpr unsigned parts_max = 4;
inline constexpr u64 page_bytes = 4096;
inline constexpr u64 map_bytes = page_bytes + crash::map_bytes;  // of each file, also beyond its end

enum class Tracking : u32 {
  instrumented,  // compiled by snapc++: its own stores
  interposed,    // not instrumented, under snaprun: nothing but libc's writers and the kernel's
  unmanaged,     // the same program without Snapshot: the canary
};
// Where the files are, and what Snapshot takes that for.
enum class Place : u32 { memory, page_cache, disk };
enum class Copy : u32 { lazy, eager };

inline constexpr const char *tracking_names[] = {"instrumented", "interposed", "unmanaged"};
inline constexpr const char *place_names[] = {"memory", "page-cache on tmpfs", "page-cache on disk"};
inline constexpr const char *copy_names[] = {"lazy", "eager"};

// How parts, threads and commits belong together.
enum class Shape : u32 {
  single,    // one part that is the file; its size may change; every kind of commit
  own_part,  // a thread for each part of one file, which commits just that part
  own_file,  // a thread for each part, which is a file of its own
  group,     // a thread for each part of one file; now and then one of them commits the whole file for all
  shared,    // threads whose cells share lines; each commits the whole file while the others store
             // (shared_cells.h)
};
inline constexpr const char *shape_names[] = {"one file", "a part for each thread", "a file for each thread",
                                              "group commits", "cells in shared lines"};
inline constexpr unsigned shapes = 5;

enum Structure : u32 { array, list, table, append_log, counters, blocks, bulk, text, containers };
inline constexpr unsigned structure_kinds = 9;
inline constexpr unsigned structures_max = 4;

struct Plan {
  u64 seed;
  Tracking tracking;
  Place place;
  Copy copy;
  Shape shape;
  unsigned parts;
  u64 part_bytes;                   // of the file at state 0, for a single one; its header included
  const crash::Workload *workload;  // that a single part goes through instead of structures; or nullptr
  u64 workload_begin;               // its round 1 is the workload's commit number workload_begin + 1
  u32 structures[parts_max][structures_max];
  unsigned structure_count;
  u64 operations_max;  // of each structure in a round
  u64 rollback_every;  // rounds, about; 0: never

  unsigned files() const { return shape == Shape::own_file ? parts : 1; }
  // A group's head: its first page, before the parts.
  u64 head_bytes() const { return shape == Shape::group ? page_bytes : 0; }
  u64 file_of(unsigned part) const { return shape == Shape::own_file ? part : 0; }
  u64 offset_of(unsigned part) const {
    return shape == Shape::own_file ? 0 : head_bytes() + part * part_bytes;
  }
  u64 file_bytes() const { return head_bytes() + (shape == Shape::own_file ? 1 : parts) * part_bytes; }
  std::string describe() const;
};

// unmanaged: the program that this seed would run under Snapshot, without it.
Plan plan_of(u64 seed, bool unmanaged);

inline std::string file_name(unsigned file) { return "data" + std::to_string(file); }

}  // namespace soak
