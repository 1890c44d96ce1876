// What a file in the guest may hold, by the host's own reckoning.
#pragma once
#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "dialogue.h"
#include "workload.h"

namespace guest {

// What must not be.
struct Wrong : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A file in the guest, and what it may hold: a commit is known to have returned, the next may have been made.
class FileStates {
 public:
  FileStates(std::uint64_t number, const crash::Workload &workload)
      : name_("data-" + std::to_string(number)), workload_(workload), model_(workload.first_size) {}
  const std::string &name() const { return name_; }
  const crash::Workload &workload() const { return workload_; }
  std::uint64_t last() const { return last_; }
  void returned(std::uint64_t k) { last_ = std::max(last_, k); }

  // Whether the file is at the last commit that returned. False: at the next one, which is the last from now
  // on.
  bool at_last(const std::string &state) {
    while (newest_ < last_) advance();
    const std::string newest = state_line(model_.bytes());
    if (state == (newest_ == last_ ? newest : line_before_)) return true;
    if (newest_ == last_) advance();
    if (state != state_line(model_.bytes()))
      throw Wrong(name_ + " (" + workload_.name + ") is neither at commit " + std::to_string(last_) +
                  ", the last that returned, nor at the next: " + state);
    last_ = newest_;
    return false;
  }

 private:
  void advance() {
    line_before_ = state_line(model_.bytes());
    workload_.change(model_, ++newest_);
  }
  std::string name_;
  const crash::Workload &workload_;
  crash::Model model_;
  std::uint64_t newest_ = 0;  // that the model is at: the last, or the next
  std::uint64_t last_ = 0;
  std::string line_before_;
};

}  // namespace guest
