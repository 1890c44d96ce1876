#include <pthread.h>
#include <semaphore.h>
#include <threads.h>
#include <time.h>

#include <catch2/catch.hpp>
#include <thread>

#include "tracked_call.h"

using test::at;

namespace {

const timespec past = {1, 0};

pthread_mutex_t *mutex() { return at<pthread_mutex_t>(0); }
pthread_cond_t *condition() { return at<pthread_cond_t>(1); }
pthread_rwlock_t *rwlock() { return at<pthread_rwlock_t>(0); }

void new_mutex() { pthread_mutex_init(mutex(), nullptr); }
void taken_mutex() { new_mutex(), pthread_mutex_lock(mutex()); }
void new_condition() { taken_mutex(), pthread_cond_init(condition(), nullptr); }
void new_rwlock() { pthread_rwlock_init(rwlock(), nullptr); }

void robust_mutex_of_a_dead_thread() {
  pthread_mutexattr_t how;
  pthread_mutexattr_init(&how);
  pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(mutex(), &how);
  std::thread([] { pthread_mutex_lock(mutex()); }).join();
  pthread_mutex_lock(mutex());
}
void mutex_with_a_ceiling() {
  pthread_mutexattr_t how;
  pthread_mutexattr_init(&how);
  pthread_mutexattr_setprotocol(&how, PTHREAD_PRIO_PROTECT);
  pthread_mutex_init(mutex(), &how);
}

}  // namespace

TEST_CASE("mutexes are tracked") {
  TRACKED(pthread_mutex_init(mutex(), nullptr));
  TRACKED_AFTER(new_mutex(), pthread_mutex_destroy(mutex()));
  TRACKED_AFTER(new_mutex(), pthread_mutex_lock(mutex()));
  TRACKED_AFTER(new_mutex(), pthread_mutex_trylock(mutex()));
  TRACKED_AFTER(taken_mutex(), pthread_mutex_unlock(mutex()));
  TRACKED_AFTER(new_mutex(), pthread_mutex_timedlock(mutex(), &past));
  TRACKED_AFTER(new_mutex(), pthread_mutex_clocklock(mutex(), CLOCK_MONOTONIC, &past));
  TRACKED_AFTER(robust_mutex_of_a_dead_thread(), pthread_mutex_consistent(mutex()));
  TRACKED_AFTER(mutex_with_a_ceiling(), pthread_mutex_getprioceiling(mutex(), at<int>(1)));
  TRACKED_IF_ANY_AFTER(mutex_with_a_ceiling(), pthread_mutex_setprioceiling(mutex(), 5, at<int>(1)));
}

TEST_CASE("locks for readers and writers are tracked") {
  TRACKED(pthread_rwlock_init(rwlock(), nullptr));
  TRACKED_IF_ANY_AFTER(new_rwlock(), pthread_rwlock_destroy(rwlock()));
  TRACKED_AFTER(new_rwlock(), pthread_rwlock_rdlock(rwlock()));
  TRACKED_AFTER(new_rwlock(), pthread_rwlock_tryrdlock(rwlock()));
  TRACKED_AFTER(new_rwlock(), pthread_rwlock_timedrdlock(rwlock(), &past));
  TRACKED_AFTER(new_rwlock(), pthread_rwlock_clockrdlock(rwlock(), CLOCK_MONOTONIC, &past));
  TRACKED_AFTER(new_rwlock(), pthread_rwlock_wrlock(rwlock()));
  TRACKED_AFTER(new_rwlock(), pthread_rwlock_trywrlock(rwlock()));
  TRACKED_AFTER(new_rwlock(), pthread_rwlock_timedwrlock(rwlock(), &past));
  TRACKED_AFTER(new_rwlock(), pthread_rwlock_clockwrlock(rwlock(), CLOCK_MONOTONIC, &past));
  TRACKED_AFTER((new_rwlock(), pthread_rwlock_wrlock(rwlock())), pthread_rwlock_unlock(rwlock()));
}

TEST_CASE("spin locks, barriers and once flags are tracked") {
  const auto spin = [] { return at<pthread_spinlock_t>(0); };
  TRACKED(pthread_spin_init(spin(), 0));
  TRACKED_IF_ANY_AFTER(pthread_spin_init(spin(), 0), pthread_spin_destroy(spin()));
  TRACKED_AFTER(pthread_spin_init(spin(), 0), pthread_spin_lock(spin()));
  TRACKED_AFTER(pthread_spin_init(spin(), 0), pthread_spin_trylock(spin()));
  TRACKED_AFTER((pthread_spin_init(spin(), 0), pthread_spin_lock(spin())), pthread_spin_unlock(spin()));
  const auto barrier = [] { return at<pthread_barrier_t>(0); };
  TRACKED(pthread_barrier_init(barrier(), nullptr, 1));
  TRACKED_AFTER(pthread_barrier_init(barrier(), nullptr, 1), pthread_barrier_wait(barrier()));
  TRACKED_IF_ANY_AFTER(pthread_barrier_init(barrier(), nullptr, 1), pthread_barrier_destroy(barrier()));
  TRACKED_AFTER((*at<pthread_once_t>(0) = PTHREAD_ONCE_INIT), pthread_once(at<pthread_once_t>(0), [] {}));
  TRACKED_AFTER((*at<once_flag>(0) = ONCE_FLAG_INIT), call_once(at<once_flag>(0), [] {}));
}

TEST_CASE("conditions are tracked") {
  TRACKED(pthread_cond_init(condition(), nullptr));
  TRACKED_IF_ANY_AFTER(new_condition(), pthread_cond_destroy(condition()));
  TRACKED_AFTER(new_condition(), pthread_cond_timedwait(condition(), mutex(), &past));
  TRACKED_AFTER(new_condition(), pthread_cond_clockwait(condition(), mutex(), CLOCK_MONOTONIC, &past));
  // A thread that waits until it is woken; then the other one joins it, and nothing of either is lost.
  const auto woken = [](auto wake) {
    bool waiting = false;
    std::thread waiter([&] {
      pthread_mutex_lock(mutex());
      waiting = true;
      while (waiting) pthread_cond_wait(condition(), mutex());
      pthread_mutex_unlock(mutex());
    });
    for (bool done = false; !done;) {
      pthread_mutex_lock(mutex());
      done = waiting;
      waiting = false;
      if (done) wake();
      pthread_mutex_unlock(mutex());
    }
    waiter.join();
    return 0;
  };
  const auto both_new = [] { new_condition(), pthread_mutex_unlock(mutex()); };
  TRACKED_AFTER(both_new(), woken([] { pthread_cond_signal(condition()); }));
  TRACKED_AFTER(both_new(), woken([] { pthread_cond_broadcast(condition()); }));
}

TEST_CASE("semaphores are tracked") {
  const auto semaphore = [] { return at<sem_t>(0); };
  const auto one = [&] { sem_init(semaphore(), 0, 1); };
  TRACKED(sem_init(semaphore(), 0, 1));
  TRACKED_IF_ANY_AFTER(one(), sem_destroy(semaphore()));
  TRACKED_AFTER(one(), sem_wait(semaphore()));
  TRACKED_AFTER(one(), sem_trywait(semaphore()));
  TRACKED_AFTER(one(), sem_timedwait(semaphore(), &past));
  TRACKED_AFTER(one(), sem_clockwait(semaphore(), CLOCK_MONOTONIC, &past));
  TRACKED_AFTER(one(), sem_post(semaphore()));
  TRACKED_AFTER(one(), sem_getvalue(semaphore(), at<int>(1)));
}

TEST_CASE("C11's mutexes and conditions are tracked") {
  const auto c_mutex = [] { return at<mtx_t>(0); };
  const auto c_condition = [] { return at<cnd_t>(1); };
  const auto fresh = [&] { mtx_init(c_mutex(), mtx_timed), cnd_init(c_condition()); };
  const auto taken = [&] { fresh(), mtx_lock(c_mutex()); };
  TRACKED(mtx_init(c_mutex(), mtx_plain));
  TRACKED_AFTER(fresh(), mtx_destroy(c_mutex()));
  TRACKED_AFTER(fresh(), mtx_lock(c_mutex()));
  TRACKED_AFTER(fresh(), mtx_trylock(c_mutex()));
  TRACKED_AFTER(fresh(), mtx_timedlock(c_mutex(), &past));
  TRACKED_AFTER(taken(), mtx_unlock(c_mutex()));
  TRACKED(cnd_init(c_condition()));
  TRACKED_IF_ANY_AFTER(fresh(), cnd_destroy(c_condition()));
  TRACKED_IF_ANY_AFTER(fresh(), cnd_signal(c_condition()));
  TRACKED_IF_ANY_AFTER(fresh(), cnd_broadcast(c_condition()));
  TRACKED_AFTER(taken(), cnd_timedwait(c_condition(), c_mutex(), &past));
  TRACKED_AFTER(fresh(), [&] {
    bool waiting = false;
    std::thread waiter([&] {
      mtx_lock(c_mutex());
      waiting = true;
      while (waiting) cnd_wait(c_condition(), c_mutex());
      mtx_unlock(c_mutex());
    });
    for (bool done = false; !done;) {
      mtx_lock(c_mutex());
      done = waiting;
      waiting = false;
      if (done) cnd_signal(c_condition());
      mtx_unlock(c_mutex());
    }
    waiter.join();
    return 0;
  }());
}

TEST_CASE("what threads leave behind is tracked") {
  const auto thread = [] {
    pthread_t made;
    pthread_create(&made, nullptr, [](void *) -> void * { return nullptr; }, nullptr);
    return made;
  };
  const timespec far = {4000000000, 0};
  TRACKED(pthread_join(thread(), at<void *>(0)));
  TRACKED([&] {
    const pthread_t made = thread();
    while (pthread_tryjoin_np(made, at<void *>(0)) == EBUSY) thrd_yield();
    return 0;
  }());
  TRACKED(pthread_timedjoin_np(thread(), at<void *>(0), &far));
  TRACKED(pthread_clockjoin_np(thread(), at<void *>(0), CLOCK_REALTIME, &far));
  TRACKED([] {
    thrd_t made;
    thrd_create(&made, [](void *) { return 7; }, nullptr);
    return thrd_join(made, at<int>(0));
  }());
}
