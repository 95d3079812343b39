package judge

func judgeReuse(Evidence) Opinion       { return Opinion{} }
func judgeStatistics(Evidence) Opinion  { return Opinion{} }
func judgeSecrets(Evidence) Opinion     { return Opinion{} }
func judgeSignatures(Evidence) Opinion  { return Opinion{} }
func judgeCommitments(Evidence) Opinion { return Opinion{} }
func judgeState(Evidence) Opinion       { return Opinion{} }
