package fsutil

import (
	"slices"

	"golang.org/x/sys/unix"
)

// networkTypes are the file systems that several machines may share, by the number that
// statfs(2) has for them. Of FUSE, 9p and virtiofs nobody knows what is behind them.
var networkTypes = []uint32{
	0x6969,     // NFS
	0x517b,     // SMB
	0xff534d42, // CIFS
	0xfe534d42, // SMB 2
	0x65735546, // FUSE: sshfs, GlusterFS, virtiofs
	0x01021997, // 9p
	0x00c36400, // Ceph
	0x0bd00bd0, // Lustre
	0x47504653, // GPFS
	0x19830326, // BeeGFS
	0x5346414f, // OpenAFS
	0x6b414653, // AFS of the kernel
	0x7461636f, // OCFS2
	0x01161970, // GFS2
	0x73757245, // Coda
	0x564c,     // NetWare
	0xaad7aaea, // PanFS
	0x786f4256, // shared folders of VirtualBox
	0xbacbacbc, // shared folders of VMware
}

// IsShared reports whether other machines may use the folder at the same time.
func IsShared(dir string) (bool, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return false, err
	}
	return slices.Contains(networkTypes, uint32(fs.Type)), nil
}
