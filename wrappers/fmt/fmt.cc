// fmt's functions, compiled once. Debian has them as a shared library, which an installed tool would then
// need, or header-only, which every source that prints would compile anew.
#include <fmt/format-inl.h>

FMT_BEGIN_NAMESPACE
namespace detail {
// fmt's headers declare these extern.
template auto thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template auto decimal_point_impl<char>(locale_ref) -> char;
}  // namespace detail
FMT_END_NAMESPACE
