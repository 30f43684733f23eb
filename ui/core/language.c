#include "ui/core/language.h"

#include "compute/i18n.h"
#include "config.h"
#include "ui/core/paths.h"

#include <locale.h>

void language_begin(void)
{
    setlocale(LC_ALL, "");
    g_autofree char *beside = paths_share("locale");
    bindtextdomain(GETTEXT_PACKAGE, beside ? beside : TINCTURE_LOCALEDIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    textdomain(
        GETTEXT_PACKAGE); // of the templates; GTK speaks English, too, where there is no translation here
}

void language_begin_plain(void)
{
    setlocale(LC_ALL, "");
    setlocale(LC_MESSAGES, "C");
    setlocale(LC_NUMERIC, "C");
}
