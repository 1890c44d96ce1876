// The persist verbs by libpmem (media/libpmem.cc). Claim: each is the call of libpmem that its page promises
// it by, with what it is given, and no other; copies wait for no drain, and pass the caches. Method: a
// library in libpmem's place that notes its calls (noting_libpmem.c).
#include <dlfcn.h>

#include <vector>

#include "media/persist.h"
#include "own_process.h"

using namespace test;
namespace s = snapshot;

namespace {

void require(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what);
}

struct Note {
  char what;
  const void *address;
  std::size_t bytes;
  unsigned flags;
  bool operator==(const Note &) const = default;
};

constexpr unsigned kNoDrain = 1, kNonTemporal = 2;  // PMEM_F_MEM_NODRAIN, PMEM_F_MEM_NONTEMPORAL in libpmem.h

}  // namespace

TEST_CASE("libpmem's verbs are the calls that libpmem promises them by", "[log]") {
  in_own_process([](const std::string &) {
    require(s::libpmem_verbs() == nullptr, "there are verbs before libpmem is looked for");
    void *const library = dlopen(SNAPSHOT_TEST_LIBPMEM, RTLD_NOW | RTLD_GLOBAL);
    require(library != nullptr, dlerror() == nullptr ? "no library" : "the library cannot be loaded");
    auto *const notes = static_cast<Note *>(dlsym(library, "notes"));
    auto *const noted = static_cast<int *>(dlsym(library, "noted"));
    const auto asked = [&](const std::vector<Note> &expected) {
      const bool same = std::vector<Note>(notes, notes + *noted) == expected;
      *noted = 0;
      return same;
    };
    // Not asked for, but there, so that it is taken.
    s::find_libpmem(s::PersistChoice::automatic);
    const s::PersistVerbs *const verbs = s::libpmem_verbs();
    require(verbs != nullptr && std::string(verbs->name) == "libpmem", "no verbs");
    alignas(64) static unsigned char from[8 * 64], to[32 * 64];
    for (std::size_t i = 0; i < sizeof from; ++i) from[i] = static_cast<unsigned char>(i % 251 + 1);
    verbs->copy_nt(to, from, 3 * 64);
    require(asked({{'c', to, 3 * 64, kNoDrain | kNonTemporal}}), "a copy");
    require(std::memcmp(to, from, 3 * 64) == 0, "the copy's bytes");
    const s::u64 runs[] = {s::Run{5, 2}.packed(), s::Run{20, 1}.packed(), s::Run{10, 4}.packed()};
    verbs->scatter_nt(to, runs, 3, from);
    require(asked({{'c', to + 5 * 64, 2 * 64, kNoDrain | kNonTemporal},
                   {'c', to + 20 * 64, 64, kNoDrain | kNonTemporal},
                   {'c', to + 10 * 64, 4 * 64, kNoDrain | kNonTemporal}}),
            "runs");
    require(std::memcmp(to + 5 * 64, from, 2 * 64) == 0 &&
                std::memcmp(to + 20 * 64, from + 2 * 64, 64) == 0 &&
                std::memcmp(to + 10 * 64, from + 3 * 64, 4 * 64) == 0,
            "the runs' bytes");
    verbs->write_back(to + 64, 100);
    require(asked({{'f', to + 64, 100, 0}}), "a write-back");
    verbs->fence();
    require(asked({{'d', nullptr, 0, 0}}), "a fence");
    for (const int answer : {1, 0}) {
      *static_cast<int *>(dlsym(library, "answer")) = answer;
      require(s::libpmem_is_memory(to, 77) == (answer == 1), "what is memory");
      require(asked({{'i', to, 77, 0}}), "the question what is memory");
    }
  });
}

TEST_CASE("a libpmem that nobody has asked for, nor loaded, is not loaded", "[log]") {
  in_own_process([](const std::string &) {
    require(dlopen("libpmem.so.1", RTLD_NOW | RTLD_NOLOAD) == nullptr,
            "it is loaded, so that nothing is tried");
    s::find_libpmem(s::PersistChoice::automatic);
    require(s::libpmem_verbs() == nullptr && !s::libpmem_is_memory("", 1), "verbs of no library");
    require(dlopen("libpmem.so.1", RTLD_NOW | RTLD_NOLOAD) == nullptr, "it has been loaded");
  });
}
