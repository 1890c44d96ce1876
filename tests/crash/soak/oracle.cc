#include "oracle.h"

#include <sys/mman.h>

#include <stdexcept>

#include "rounds.h"
#include "shared_cells.h"
#include "temp_dir.h"

namespace soak {

void give_up(const char *what) { throw std::logic_error(what); }  // the model has no descriptors

namespace {

// The first byte that differs; the end of the shorter one if none does.
u64 difference(const char *a, u64 a_bytes, const char *b, u64 b_bytes) {
  const u64 end = std::min(a_bytes, b_bytes);
  if (std::memcmp(a, b, end) == 0) return end;
  u64 at = 0;
  while (a[at] == b[at]) ++at;
  return at;
}

bool all_zeros(const std::string &bytes) { return bytes.find_first_not_of('\0') == std::string::npos; }

}  // namespace

Oracle::~Oracle() {
  for (char *mapping : mappings_)
    if (mapping != nullptr) (void)munmap(mapping, map_bytes);
}

// Where the program has its files, so as soon as it has told.
void Oracle::map_models(const Shared &shared) {
  for (unsigned f = 0; f < plan_.files(); ++f) {
    void *wish = reinterpret_cast<void *>(shared.base[f]);
    void *address = mmap(wish, map_bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (address != wish) throw std::runtime_error("no room for the model where the program maps its file");
    mappings_[f] = static_cast<char *>(address);
  }
  for (unsigned p = 0; p < plan_.parts; ++p)
    models_[p] = {mappings_[plan_.file_of(p)] + plan_.offset_of(p), plan_.part_bytes, -1, plan_.offset_of(p)};
  mapped_ = true;
}

void Oracle::advance(unsigned part, u64 round) {
  while (rounds_[part] < round) do_round<ModelWriter>(plan_, part, models_[part], ++rounds_[part]);
}

std::string Oracle::wrong(unsigned part, const std::string &what) const {
  return "part " + std::to_string(part) + ": " + what;
}

std::optional<std::string> Oracle::check_part(unsigned part, const std::string &bytes, const Shared &shared) {
  const u64 offset = plan_.offset_of(part);
  const u64 size = plan_.shape == Shape::single ? bytes.size() : plan_.part_bytes;
  const char *found = bytes.data() + offset;
  const Part &model = models_[part];
  const u64 returned = shared.returned[part].load();
  if (rounds_[part] > returned + 1) return wrong(part, "a commit that was there has gone");
  advance(part, returned);
  u64 at = difference(found, size, model.begin, model.size);
  if (at == size && size == model.size) return {};
  std::string text = "is not in state " + std::to_string(returned) + " (differs at " + std::to_string(at);
  if (shared.started[part].load() <= returned) return wrong(part, text + "), and no other round had begun");
  advance(part, returned + 1);
  ahead_ = true;
  at = difference(found, size, model.begin, model.size);
  if (at == size && size == model.size) return {};
  return wrong(part, text + ") nor in the next one (differs at " + std::to_string(at) + "); its size is " +
                         std::to_string(size));
}

std::optional<std::string> Oracle::check_group(const std::string &bytes, const Shared &shared) {
  GroupHead head;
  std::memcpy(&head, bytes.data(), sizeof head);
  const u64 known = shared.group_commit.load();
  if (head.commit != known && head.commit != known + 1)
    return "group commit " + std::to_string(known) + " returned, but the file is at " +
           std::to_string(head.commit);
  ahead_ = head.commit != known;
  if (!all_zeros(bytes.substr(sizeof head, page_bytes - sizeof head))) return "the head page is not clean";
  for (unsigned p = 0; p < plan_.parts; ++p) {
    if (!ahead_ && head.round[p] != shared.group_rounds[known % 2][p])
      return wrong(p, "round and group commit disagree");
    if (head.round[p] < rounds_[p] || head.round[p] > shared.started[p].load())
      return wrong(p, "the group commit is for round " + std::to_string(head.round[p]) + ", which cannot be");
    advance(p, head.round[p]);
    const u64 at =
        difference(bytes.data() + plan_.offset_of(p), plan_.part_bytes, models_[p].begin, models_[p].size);
    if (at != plan_.part_bytes)
      return wrong(p, "is not in state " + std::to_string(head.round[p]) +
                          ", as the group commit says; differs at " + std::to_string(at));
  }
  return {};
}

void Oracle::note_end_of_run(const Shared &shared) {
  if (plan_.shape != Shape::shared) return;
  for (unsigned p = 0; p < plan_.parts; ++p) {
    const u64 started = shared.started[p].load();
    if (started <= shared.returned[p].load() || torn_[p].contains(started)) continue;
    for_each_cell(plan_, p, started, [&](u64 cell) { torn_[p][started].insert(cell); });
  }
}

// A cell holds what the newest round that returned and wrote it left, or what a newer round left that was
// interrupted: another thread's commit may have taken that along.
std::optional<std::string> Oracle::check_cells(const std::string &bytes, const Shared &shared) {
  cells_.resize(bytes.size() / sizeof(u64));
  for (unsigned p = 0; p < plan_.parts; ++p) {
    const u64 returned = shared.returned[p].load();
    for (u64 k = rounds_[p] + 1; k <= returned; ++k)
      if (!torn_[p].contains(k)) for_each_cell(plan_, p, k, [&](u64 cell) { cells_[cell] = k; });
    rounds_[p] = std::max(rounds_[p], returned);
  }
  for (u64 cell = 0; cell < cells_.size(); ++cell) {
    u64 found;
    std::memcpy(&found, bytes.data() + cell * sizeof found, sizeof found);
    if (found == cells_[cell]) continue;
    const auto &torn = torn_[cell % plan_.parts];
    const auto round = torn.find(found);
    if (found < cells_[cell] || round == torn.end() || !round->second.contains(cell))
      return wrong(static_cast<unsigned>(cell % plan_.parts),
                   "cell " + std::to_string(cell) + " holds " + std::to_string(found) + ", but round " +
                       std::to_string(cells_[cell]) + " wrote it and was committed");
    cells_[cell] = found;
    ahead_ = true;
  }
  return {};
}

std::optional<std::string> Oracle::check_file(unsigned file, const std::string &bytes, const Shared &shared) {
  if (plan_.shape == Shape::single ? bytes.size() < sizeof(PartHeader) : bytes.size() != plan_.file_bytes())
    return "the file's size is " + std::to_string(bytes.size());
  if (plan_.shape == Shape::shared) return check_cells(bytes, shared);
  if (!mapped_) {
    if (bytes.size() == plan_.file_bytes() && all_zeros(bytes)) return {};
    return "the file has changed, though it was never mapped";
  }
  if (plan_.shape == Shape::group) return check_group(bytes, shared);
  for (unsigned p = 0; p < plan_.parts; ++p)
    if (plan_.file_of(p) == file)
      if (auto error = check_part(p, bytes, shared)) return error;
  return {};
}

std::optional<std::string> Oracle::check(const std::string &directory, const Shared &shared) {
  ahead_ = false;
  if (!mapped_ && plan_.shape != Shape::shared && shared.opened.load() != 0) map_models(shared);
  for (unsigned f = 0; f < plan_.files(); ++f)
    if (auto error = check_file(f, test::read_file(directory + "/" + file_name(f)), shared)) return error;
  return {};
}

void Oracle::write_expected(const std::string &directory) const {
  if (!mapped_) return;
  for (unsigned p = 0; p < plan_.parts; ++p)
    test::write_file(directory + "/expected.part" + std::to_string(p) + ".state" + std::to_string(rounds_[p]),
                     {models_[p].begin, models_[p].size});
}

}  // namespace soak
