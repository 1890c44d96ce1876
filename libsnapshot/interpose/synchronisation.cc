// Objects that threads synchronise by, when they live in a managed file: POSIX's and C11's; and what a
// thread leaves behind.
//
// Whoever learns that such an object has changed has changed it, too, and so has marked it before it can
// commit: it has taken the lock that the other released, or was woken by the semaphore. That is why marking
// after the call is enough even though other threads act on the change at once. A wait marks its objects
// before as well: a cancelled one does not return.
//
// A lock that is held when the file is committed is held in the file, as with any mapped file; see the
// README, Limits.
#include <pthread.h>
#include <semaphore.h>
#include <threads.h>

#include "interpose/writer.h"

using namespace snapshot;

namespace {

template <typename A, typename B, typename Wait>
int waited(const A *a, const B *b, Wait wait) {
  objects(a, b);
  const int result = wait();
  objects(a, b);
  return result;
}

}  // namespace

// clang-format off
SNAPSHOT_WRITER(int, pthread_mutex_init, (pthread_mutex_t *m, const pthread_mutexattr_t *how), (m, how), object(m));
SNAPSHOT_WRITER(int, pthread_mutex_destroy, (pthread_mutex_t *m), (m), object(m));
SNAPSHOT_HOT_WRITER(int, pthread_mutex_lock, (pthread_mutex_t *m), (m), "rdi", object(m));
SNAPSHOT_HOT_WRITER(int, pthread_mutex_trylock, (pthread_mutex_t *m), (m), "rdi", object(m));
SNAPSHOT_HOT_WRITER(int, pthread_mutex_unlock, (pthread_mutex_t *m), (m), "rdi", object(m));
SNAPSHOT_WRITER(int, pthread_mutex_timedlock, (pthread_mutex_t *m, const timespec *until), (m, until), object(m));
SNAPSHOT_WRITER(int, pthread_mutex_clocklock, (pthread_mutex_t *m, clockid_t clock, const timespec *until), (m, clock, until), object(m));
SNAPSHOT_WRITER(int, pthread_mutex_consistent, (pthread_mutex_t *m), (m), object(m));
SNAPSHOT_WRITER(int, pthread_mutex_getprioceiling, (const pthread_mutex_t *m, int *to), (m, to), object(to));
SNAPSHOT_WRITER(int, pthread_mutex_setprioceiling, (pthread_mutex_t *m, int ceiling, int *old), (m, ceiling, old), objects(m, old));

SNAPSHOT_WRITER(int, pthread_rwlock_init, (pthread_rwlock_t *l, const pthread_rwlockattr_t *how), (l, how), object(l));
SNAPSHOT_WRITER(int, pthread_rwlock_destroy, (pthread_rwlock_t *l), (l), object(l));
SNAPSHOT_HOT_WRITER(int, pthread_rwlock_rdlock, (pthread_rwlock_t *l), (l), "rdi", object(l));
SNAPSHOT_HOT_WRITER(int, pthread_rwlock_tryrdlock, (pthread_rwlock_t *l), (l), "rdi", object(l));
SNAPSHOT_HOT_WRITER(int, pthread_rwlock_wrlock, (pthread_rwlock_t *l), (l), "rdi", object(l));
SNAPSHOT_HOT_WRITER(int, pthread_rwlock_trywrlock, (pthread_rwlock_t *l), (l), "rdi", object(l));
SNAPSHOT_HOT_WRITER(int, pthread_rwlock_unlock, (pthread_rwlock_t *l), (l), "rdi", object(l));
SNAPSHOT_WRITER(int, pthread_rwlock_timedrdlock, (pthread_rwlock_t *l, const timespec *until), (l, until), object(l));
SNAPSHOT_WRITER(int, pthread_rwlock_timedwrlock, (pthread_rwlock_t *l, const timespec *until), (l, until), object(l));
SNAPSHOT_WRITER(int, pthread_rwlock_clockrdlock, (pthread_rwlock_t *l, clockid_t clock, const timespec *until), (l, clock, until), object(l));
SNAPSHOT_WRITER(int, pthread_rwlock_clockwrlock, (pthread_rwlock_t *l, clockid_t clock, const timespec *until), (l, clock, until), object(l));

SNAPSHOT_WRITER(int, pthread_spin_init, (pthread_spinlock_t *l, int shared), (l, shared), object(l));
SNAPSHOT_WRITER(int, pthread_spin_destroy, (pthread_spinlock_t *l), (l), object(l));
SNAPSHOT_HOT_WRITER(int, pthread_spin_lock, (pthread_spinlock_t *l), (l), "rdi", object(l));
SNAPSHOT_HOT_WRITER(int, pthread_spin_trylock, (pthread_spinlock_t *l), (l), "rdi", object(l));
SNAPSHOT_HOT_WRITER(int, pthread_spin_unlock, (pthread_spinlock_t *l), (l), "rdi", object(l));

SNAPSHOT_WRITER(int, pthread_cond_init, (pthread_cond_t *c, const pthread_condattr_t *how), (c, how), object(c));
SNAPSHOT_WRITER(int, pthread_cond_destroy, (pthread_cond_t *c), (c), object(c));
SNAPSHOT_HOT_WRITER(int, pthread_cond_signal, (pthread_cond_t *c), (c), "rdi", object(c));
SNAPSHOT_HOT_WRITER(int, pthread_cond_broadcast, (pthread_cond_t *c), (c), "rdi", object(c));

SNAPSHOT_WRITER(int, pthread_barrier_init, (pthread_barrier_t *b, const pthread_barrierattr_t *how, unsigned count), (b, how, count), object(b));
SNAPSHOT_WRITER(int, pthread_barrier_destroy, (pthread_barrier_t *b), (b), object(b));
SNAPSHOT_WRITER(int, pthread_barrier_wait, (pthread_barrier_t *b), (b), object(b));
SNAPSHOT_HOT_WRITER(int, pthread_once, (pthread_once_t *once, void (*first)()), (once, first), "rdi", object(once));

SNAPSHOT_WRITER(int, sem_init, (sem_t *s, int shared, unsigned value), (s, shared, value), object(s));
SNAPSHOT_WRITER(int, sem_destroy, (sem_t *s), (s), object(s));
SNAPSHOT_HOT_WRITER(int, sem_wait, (sem_t *s), (s), "rdi", object(s));
SNAPSHOT_HOT_WRITER(int, sem_trywait, (sem_t *s), (s), "rdi", object(s));
SNAPSHOT_HOT_WRITER(int, sem_post, (sem_t *s), (s), "rdi", object(s));
SNAPSHOT_WRITER(int, sem_timedwait, (sem_t *s, const timespec *until), (s, until), object(s));
SNAPSHOT_WRITER(int, sem_clockwait, (sem_t *s, clockid_t clock, const timespec *until), (s, clock, until), object(s));
SNAPSHOT_WRITER(int, sem_getvalue, (sem_t *s, int *to), (s, to), object(to));

SNAPSHOT_WRITER(int, pthread_join, (pthread_t thread, void **to), (thread, to), object(to));
SNAPSHOT_WRITER(int, pthread_tryjoin_np, (pthread_t thread, void **to), (thread, to), object(to));
SNAPSHOT_WRITER(int, pthread_timedjoin_np, (pthread_t thread, void **to, const timespec *until), (thread, to, until), object(to));
SNAPSHOT_WRITER(int, pthread_clockjoin_np, (pthread_t thread, void **to, clockid_t clock, const timespec *until), (thread, to, clock, until), object(to));
SNAPSHOT_WRITER(int, thrd_join, (thrd_t thread, int *to), (thread, to), object(to));

SNAPSHOT_WRITER(int, mtx_init, (mtx_t *m, int type), (m, type), object(m));
SNAPSHOT_VOID_WRITER(mtx_destroy, (mtx_t *m), (m), object(m));
SNAPSHOT_HOT_WRITER(int, mtx_lock, (mtx_t *m), (m), "rdi", object(m));
SNAPSHOT_HOT_WRITER(int, mtx_trylock, (mtx_t *m), (m), "rdi", object(m));
SNAPSHOT_HOT_WRITER(int, mtx_unlock, (mtx_t *m), (m), "rdi", object(m));
SNAPSHOT_WRITER(int, mtx_timedlock, (mtx_t *m, const timespec *until), (m, until), object(m));
SNAPSHOT_WRITER(int, cnd_init, (cnd_t *c), (c), object(c));
SNAPSHOT_VOID_WRITER(cnd_destroy, (cnd_t *c), (c), object(c));
SNAPSHOT_WRITER(int, cnd_signal, (cnd_t *c), (c), object(c));
SNAPSHOT_WRITER(int, cnd_broadcast, (cnd_t *c), (c), object(c));
SNAPSHOT_VOID_WRITER(call_once, (once_flag *once, void (*first)()), (once, first), object(once));
// clang-format on

SNAPSHOT_EXPORT int pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m) {
  return waited(c, m, [=] { return SNAPSHOT_REAL(pthread_cond_wait)(c, m); });
}
SNAPSHOT_EXPORT int pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const timespec *until) {
  return waited(c, m, [=] { return SNAPSHOT_REAL(pthread_cond_timedwait)(c, m, until); });
}
SNAPSHOT_EXPORT int pthread_cond_clockwait(pthread_cond_t *c, pthread_mutex_t *m, clockid_t clock,
                                           const timespec *until) {
  return waited(c, m, [=] { return SNAPSHOT_REAL(pthread_cond_clockwait)(c, m, clock, until); });
}
SNAPSHOT_EXPORT int cnd_wait(cnd_t *c, mtx_t *m) {
  return waited(c, m, [=] { return SNAPSHOT_REAL(cnd_wait)(c, m); });
}
SNAPSHOT_EXPORT int cnd_timedwait(cnd_t *__restrict c, mtx_t *__restrict m,
                                  const timespec *__restrict until) {
  return waited(c, m, [=] { return SNAPSHOT_REAL(cnd_timedwait)(c, m, until); });
}
