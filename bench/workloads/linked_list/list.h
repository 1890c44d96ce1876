// A singly linked list, for every backend, and for the comparing process, which reads it in the file.
#pragma once
#include <cstdint>

#include "harness/random.h"
#include "harness/structure_contents.h"

namespace bench {

template <typename Backend>
class List {
  template <typename T>
  using Reference = typename Backend::template Reference<T>;
  struct Node {
    Reference<Node> next;
    std::uint64_t value;
  };
  struct Ends {
    Reference<Node> head, tail;
  };

 public:
  static constexpr std::uint64_t kNodeBytes = sizeof(Node);
  static std::uint64_t nodes_for(std::uint64_t values) { return values; }

  explicit List(Backend &backend) : backend_(backend) {}
  void make() { ends_ = backend_.template root<Ends>(); }

  // At the tail.
  void insert(std::uint64_t value) {
    Reference<Node> node = backend_.template allocate<Node>();
    node->next = {};
    node->value = value;
    backend_.will_change(ends_);
    if (ends_->tail == nullptr) {
      ends_->head = node;
    } else {
      backend_.will_change(&ends_->tail->next);
      ends_->tail->next = node;
    }
    ends_->tail = node;
  }

  // At the head, where this value should be.
  bool erase(std::uint64_t value) {
    Reference<Node> node = ends_->head;
    if (node == nullptr) return false;
    const bool expected = node->value == value;
    backend_.will_change(ends_);
    ends_->head = node->next;
    if (node->next == nullptr) ends_->tail = {};
    backend_.release(node);
    return expected;
  }

  std::uint64_t read() const {
    std::uint64_t sum = 0;
    for (Reference<Node> node = ends_->head; node != nullptr; node = node->next) sum += node->value;
    return sum;
  }

  // Intact: it ends, at its tail.
  Contents contents(std::uint64_t count_max) const {
    Contents contents{};
    Digest digest;
    Reference<Node> last{};
    for (Reference<Node> node = ends_->head; node != nullptr && contents.count <= count_max;
         node = node->next) {
      digest.add(node->value);
      last = node;
      ++contents.count;
    }
    contents.digest = digest.value();
    contents.intact = last == ends_->tail && contents.count <= count_max;
    return contents;
  }

 private:
  Backend &backend_;
  Reference<Ends> ends_{};
};

}  // namespace bench
