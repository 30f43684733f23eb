#include "ui/time_text.h"

#include "compute/i18n.h"

char *time_ago_text(gint64 unix_seconds)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autoptr(GDateTime) then = g_date_time_new_from_unix_local(unix_seconds);
    if (then == NULL) {
        return g_strdup("");
    }
    g_autoptr(GDateTime) yesterday = g_date_time_add_days(now, -1);
    int day = g_date_time_get_year(then) * 366 + g_date_time_get_day_of_year(then);
    if (day == g_date_time_get_year(now) * 366 + g_date_time_get_day_of_year(now)) {
        return g_date_time_format(then, _("%H:%M"));
    }
    if (day == g_date_time_get_year(yesterday) * 366 + g_date_time_get_day_of_year(yesterday)) {
        return g_date_time_format(then, _("Yesterday, %H:%M"));
    }
    // Translators: a day as g_date_time_format() writes it: 4 Mar 2027
    return g_date_time_format(then, _("%-e %b %Y"));
}
