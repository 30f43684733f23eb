#include "ui/dialogs/about.h"

#include "compute/i18n.h"

#include "ui/core/config.h"

#include <adwaita.h>

static char *system_information(const char *device, const char *model)
{
    return g_strdup_printf(
        "Tincture %s\nDevice: %s\nModel: %s\nGTK %u.%u.%u\nlibadwaita %u.%u.%u\n"
        "GLib %u.%u.%u\n",
        TINCTURE_VERSION, device, model, gtk_get_major_version(), gtk_get_minor_version(),
        gtk_get_micro_version(), adw_get_major_version(), adw_get_minor_version(),
        adw_get_micro_version(), glib_major_version, glib_minor_version, glib_micro_version);
}

void about_dialog_show(GtkWindow *parent, const char *device, const char *model)
{
    g_autofree char *information = system_information(device, model);
    adw_show_about_window(parent, "application-name", "Tincture", "application-icon",
                          "org.tincture.Tincture", "version", TINCTURE_VERSION, "developer-name",
                          _("The Tincture team"), "license-type", GTK_LICENSE_MIT_X11, "comments",
                          _("Learns one photo, then edits it as you rewrite its description. "
                            "Everything stays on this "
                            "computer."),
                          "debug-info", information, "debug-info-filename", "tincture-system.txt",
                          NULL);
}
