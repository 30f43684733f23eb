#include "ui/app.h"

#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    TinctureApp *app = tincture_app_new();
    int status = g_application_run(G_APPLICATION(app), argc, argv);
    g_auto(GStrv) next = tincture_app_get_next(app, argv[0]);
    status = status != 0 ? status : tincture_app_get_status(app);
    g_object_unref(app);
    if (next != NULL) {
        g_settings_sync();
        execv("/proc/self/exe", next);
        perror("tincture: starting again");
        return 1;
    }
    return status;
}
